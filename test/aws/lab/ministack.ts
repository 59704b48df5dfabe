/** ministack: an AWS control plane that runs the function's code. What it does and does not do as AWS: README.md. */
import path from 'node:path';
import { ACCESS_KEY, ACCOUNT, awsEnv, type Lab, REGION, SECRET_KEY } from './credentials.ts';
import { labPackages, program } from './programs.ts';
import { freePort, startServer, temporary } from './server.ts';

export interface Ministack extends Lab {
  pid: number;
  /** Its state, its objects and the unpacked code of its functions; gone when it is stopped. */
  folder: string;
  log(): string;
}

export interface MinistackOptions {
  /** Signatures are verified and IAM policies decide, as on AWS. Off: any key may do everything in its account. */
  auth?: boolean;
  /** What ministack and the handlers find in their environment, over what `env` of the lab says. */
  env?: Record<string, string>;
  /** Folders of Python packages that ministack finds after its own. */
  packages?: string[];
}

/** Ready in half a second. Its state is in a temporary folder and ends with it. */
export async function startMinistack(options: MinistackOptions = {}): Promise<Ministack> {
  const folder = temporary('ministack');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServer({
    command: program('handlerPython'),
    args: ['-I', path.join(import.meta.dirname, 'ministack.py'), labPackages(), ...(options.packages ?? [])],
    folder,
    env: {
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      S3_PERSIST: '1',
      S3_DATA_DIR: path.join(folder, 's3'),
      LAMBDA_EXECUTOR: 'local',
      AUTH: String(options.auth ?? false),
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_REGION: REGION,
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
      // Services of ours only: others open ports of their own (MQTT, SFTP, databases).
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      PYTHONNOUSERSITE: '1',
      ...options.env,
    },
    ready: async () => {
      const answer = await fetch(`${endpoint}/_ministack/ready`).catch(() => null);
      await answer?.arrayBuffer();
      return answer?.status === 200;
    },
  });
  return { endpoint, env: awsEnv(endpoint), pid: server.pid, folder, log: server.log, stop: server.stop };
}
