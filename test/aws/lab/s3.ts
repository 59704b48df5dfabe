/** A strict S3: signatures, checksums, conditional writes and multipart uploads hold as in AWS. Buckets only, one account. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { awsEnv, type Lab, REGION } from './credentials.ts';
import { program } from './programs.ts';
import { answers, freePort, startServer, temporary } from './server.ts';

const ACCESS_KEY = 'AKIALAB0000000000000';
const SECRET_KEY = 'lab-secret';

export async function startS3(): Promise<Lab> {
  const folder = temporary('s3');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // The sidecar holds what is otherwise in extended attributes, which not every file system has.
  for (const name of ['buckets', 'metadata']) mkdirSync(path.join(folder, name));
  const server = await startServer({
    command: program('versitygw'),
    args: ['--access', ACCESS_KEY, '--secret', SECRET_KEY, '--region', REGION, '--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive',
      'posix', '--sidecar', path.join(folder, 'metadata'), path.join(folder, 'buckets')],
    folder,
    ready: () => answers(endpoint),
  });
  return { endpoint, env: awsEnv(endpoint, ACCESS_KEY, SECRET_KEY), stop: server.stop };
}
