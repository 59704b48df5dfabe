/** Waits for operations: within a budget that is said, and ended by Ctrl-C. */
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import { ended, Patience } from '../../src/providers/gcp/call.ts';
import { configSchema } from '../../src/providers/gcp/config.ts';
import { locationPath } from '../../src/providers/gcp/names.ts';
import { openSession, type Session } from '../../src/providers/gcp/session.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';

let gcp: Gcp;
let session: Session;
const stop = new AbortController();
const events: Event[] = [];
beforeAll(async () => {
  gcp = await startGcp({ operations: 50 });
  Object.assign(process.env, gcp.env);
  const root = path.join(os.tmpdir(), `mlfn-operations-${process.pid}`);
  const home = { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
  session = await openSession({ emit: (event) => events.push(event), signal: stop.signal, env: gcp.env, cwd: root, home }, configSchema.parse({ mode: 'run' }));
});
afterAll(async () => {
  const clients = [await session?.services()];
  for (const client of clients) await client?.close();
  await gcp?.stop();
});

async function waits(name: string, budgetMs: number): Promise<unknown> {
  gcp.world.operations.endless.add(name);
  const client = await session.services();
  const container = { image: 'scratch', baseImageUri: 'python312', command: ['python3'], sourceCode: { cloudStorageSource: { bucket: 'b', object: 'o' } } };
  const [operation] = await client.createService({ parent: locationPath(session.project, session.region), serviceId: name, service: { template: { containers: [container] } } });
  const need = { permission: 'run.services.create', resource: name };
  return ended(new Patience(session, budgetMs), session, need, () => `${name} to be made`, operation, (id) => client.checkCreateServiceProgress(id)).catch((error: unknown) => error);
}

test('an operation that never ends meets a budget, which is said while it lasts and at its end', async () => {
  const error = await waits('endless', 1200);
  expect(error).toMatchObject({ code: 'GCP_SLOW', message: 'Waited 1.2 s for endless to be made, in vain.' });
  expect((error as { hint: string }).hint).toContain('goes on from where it stopped');
  expect(events.map((event) => ('text' in event ? event.text : ''))).toContainEqual(expect.stringMatching(/^waiting for endless to be made, \d s of 1.2 s at most$/));
});

test('Ctrl-C ends the wait at once', async () => {
  const waiting = waits('stopped', 600_000);
  setTimeout(() => stop.abort(), 300);
  expect(await waiting).toMatchObject({ name: 'AbortError' });
});
