/** Cloud Storage for tests: fake-gcs-server on a free port with a temporary folder, behind the gate. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { answers, freePort, startServer, temporary } from '../../aws/lab/server.ts';
import { type Gate, startGate } from './gate.ts';
import { program } from './programs.ts';

export interface StorageLab extends Gate {
  /** What the client, or the CLI as a process, needs to use it. */
  env: Record<string, string>;
  /** May be used by tests; removed with the lab. */
  folder: string;
}

/** `project`: whose buckets those of the caller are. */
export async function startStorage({ project = 'lab-project' } = {}): Promise<StorageLab> {
  const folder = temporary('gcs');
  const port = await freePort();
  const target = `http://127.0.0.1:${port}`;
  for (const name of ['buckets', 'sessions']) mkdirSync(path.join(folder, name));
  const server = await startServer({
    command: program('fake-gcs-server'),
    args: ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'filesystem', '-filesystem-root', path.join(folder, 'buckets'), '-log-level', 'error'],
    folder,
    ready: () => answers(`${target}/_internal/healthcheck`),
  });
  const gate = await startGate({ target, folder: path.join(folder, 'sessions'), project });
  const env = { STORAGE_EMULATOR_HOST: gate.endpoint, GOOGLE_CLOUD_PROJECT: project, METADATA_SERVER_DETECTION: 'none' };
  const stop = async () => {
    await gate.stop();
    await server.stop();
  };
  return { ...gate, env, folder, stop };
}
