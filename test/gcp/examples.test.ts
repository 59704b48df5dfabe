/** Every example deployed by the command line to the fake of Google Cloud, in both modes, and asked by the service's URL. */
import { exec } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployed } from '../../src/cli/commands/deploy.ts';
import type { Live } from '../../src/live.ts';
import type { Outcome } from '../../src/pipeline.ts';
import { Lab } from '../e2e/lab.ts';
import { accuracy, bucketsOf, type Case, examples, expectedOf, isImage, names, objectOf, readJson, rounded } from '../examples/expected.ts';
import { putBucket } from './lab/bucket.ts';
import { idToken } from '../fakes/gcp/identity/tokens.ts';
import { debian } from '../oci/programs.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';

const shell = promisify(exec);

let gcp: Gcp;
let lab: Lab;
beforeAll(async () => {
  gcp = await startGcp({ operations: 50 });
  for (const bucket of names.flatMap(bucketsOf)) await putBucket(gcp.storage.endpoint, bucket);
  // One home and one bucket for all: wheels are installed once for a lock.
  lab = new Lab({ engine: 'auto' });
  Object.assign(lab.env, gcp.env, { MLFN_BASE: `oci:${debian}:trixie` });
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

/** As the deployer, whom the closed endpoint lets in. */
async function asked(url: string, { method, path: where, body }: Case): Promise<{ status: number; answer: unknown }> {
  const headers = { authorization: `Bearer ${idToken(gcp.world.email('deployer'), url)}`, 'content-type': 'application/json' };
  const reply = await fetch(url + where, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await reply.text();
  const json = reply.headers.get('content-type')?.includes('json') === true;
  return { status: reply.status, answer: answerOf(json ? JSON.parse(text) : text) };
}

describe.each(names)('%s', (name) => {
  const cases = expectedOf(name);
  const folder = path.join(examples, name);

  // An image is the same in all modes.
  describe.each(isImage(name) ? (['run'] as const) : (['run', 'function'] as const))('mode %s', (mode) => {
    const deploy = ['deploy', '--target', 'gcp', '--mode', mode];
    let url: string;

    test('is deployed by `mlfn deploy` in its folder, its sample compared', async () => {
      const outcome = await lab.json<Outcome>(deploy, { cwd: folder });
      expect(outcome).toMatchObject({ name, target: 'gcp', status: 'deployed', live: 1, before: null });
      expect(outcome.verification).toMatchObject({ method: 'sample' });
      expect(outcome.verification?.compared).toBeGreaterThan(0);
      url = outcome.url!;
      const [release] = (await lab.json<Live>(['releases', name, '--target', 'gcp'])).releases;
      expect(typeof release?.image?.digest).toBe(isImage(name) ? 'string' : 'undefined');
    });

    test.each(cases)('$method $path answers by its URL what it should', async (each) => {
      expect(await asked(url, each)).toEqual({ status: each.status, answer: rounded(each.answer) });
    });

    test.each(cases.filter(({ body }) => objectOf(name, body) !== null))('is as accurate as it is locally: 0.975 of the 360 rows of an object', async (each) => {
      const { answer } = await asked(url, each);
      expect(accuracy((answer as { predictions: number[] }).predictions, readJson(name, 'labels.json') as number[])).toBe(0.975);
    });

    test('is up to date when deployed again, the curl line that is printed works as it is, and it goes', async () => {
      gcp.clear();
      const outcome = await lab.json<Deployed>(deploy, { cwd: folder });
      expect(outcome).toMatchObject({ status: 'up-to-date', live: 1, steps: [] });
      expect(gcp.changes()).toEqual([]);
      const { stdout } = await shell(`${outcome.try} --silent --show-error --fail`, { cwd: folder, env: lab.env });
      const first = cases.find((each) => each.status === 200 && each.path !== '/') ?? cases.find((each) => each.status === 200);
      expect(answerOf(JSON.parse(stdout))).toEqual(rounded(first?.answer));
      await lab.json(['delete', name, '--target', 'gcp', '--yes']);
    });
  });
});
