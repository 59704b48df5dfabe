/** Every example deployed by the command line to the fake of Google Cloud, in both modes, and asked by the service's URL. */
import { exec } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployed } from '../../src/cli/commands/deploy.ts';
import type { Outcome } from '../../src/pipeline.ts';
import { Lab } from '../e2e/lab.ts';
import { type Case, examples, expectedOf, names, rounded } from '../examples/expected.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';

const shell = promisify(exec);

let gcp: Gcp;
let lab: Lab;
beforeAll(async () => {
  gcp = await startGcp({ operations: 50 });
  // One home and one bucket for all: wheels are installed once for a lock.
  lab = new Lab();
  Object.assign(lab.env, gcp.env);
});
afterAll(async () => {
  await lab?.close();
  await gcp?.stop();
});

/** The answer without `model`, which tells the release that gave it. */
function answerOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return rounded(body);
  const { model: _, ...rest } = body as Record<string, unknown>;
  return rounded(rest);
}

async function invoked(name: string, { method, path: where, body }: Case): Promise<{ status: number; answer: unknown }> {
  expect(method).toBe(body === undefined ? 'GET' : 'POST'); // what `mlfn invoke` makes of it
  const args = ['invoke', name, '--target', 'gcp', '--path', where];
  if (body !== undefined) {
    const file = path.join(lab.folder, `${name}-body.json`);
    writeFileSync(file, JSON.stringify(body));
    args.push('--payload', file);
  }
  const reply = await lab.json<{ status: number; body: unknown }>(args);
  return { status: reply.status, answer: answerOf(reply.body) };
}

describe.each(names)('%s', (name) => {
  const cases = expectedOf(name);
  const folder = path.join(examples, name);

  describe.each(['run', 'function'] as const)('mode %s', (mode) => {
    const deploy = ['deploy', '--target', 'gcp', '--mode', mode];

    test('is deployed by `mlfn deploy` in its folder, its sample compared', async () => {
      const outcome = await lab.json<Outcome>(deploy, { cwd: folder });
      expect(outcome).toMatchObject({ name, target: 'gcp', status: 'deployed', live: 1, before: null });
      expect(outcome.verification).toMatchObject({ method: 'sample' });
      expect(outcome.verification?.compared).toBeGreaterThan(0);
    });

    test.each(cases)('$method $path answers by its URL what it should', async (each) => {
      expect(await invoked(name, each)).toEqual({ status: each.status, answer: rounded(each.answer) });
    });

    test('is up to date when deployed again, the curl line that is printed works as it is, and it goes', async () => {
      gcp.clear();
      const outcome = await lab.json<Deployed>(deploy, { cwd: folder });
      expect(outcome).toMatchObject({ status: 'up-to-date', live: 1, steps: [] });
      expect(gcp.changes()).toEqual([]);
      const { stdout } = await shell(`${outcome.try} --silent --show-error --fail`, { cwd: folder, env: lab.env });
      const asked = cases.find((each) => each.status === 200 && each.path !== '/') ?? cases.find((each) => each.status === 200);
      expect(answerOf(JSON.parse(stdout))).toEqual(rounded(asked?.answer));
      await lab.json(['delete', name, '--target', 'gcp', '--yes']);
    });
  });
});
