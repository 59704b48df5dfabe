/**
 * The real Lambda runtime: AWS's runtime interface emulator with AWS's Python client, for the very zips that would be uploaded.
 * One function, one call at a time. A timeout holds, memory does not. Linux only.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { labPackages, program } from './programs.ts';
import { freePort, startServer, temporary } from './server.ts';

export interface RuntimeRequest {
  /** The function's zip, a file; or a folder of what was in it, used where it lies. */
  zip: string;
  /** Layers' zips in order, files: unpacked to one folder, as AWS does to /opt; or one such folder. */
  layers?: string[];
  /** `module.function` */
  handler: string;
  /** Seconds. 30 when not said. */
  timeout?: number;
  /** MB, told to the function only. */
  memory?: number;
  env?: Record<string, string>;
}

export interface Runtime {
  /** The answer's JSON. Calls wait for each other: the emulator panics on two at once. */
  invoke(event: unknown): Promise<unknown>;
  log(): string;
  stop(): Promise<void>;
}

const UNPACK = 'import sys, zipfile\nfor one in sys.argv[2:]: zipfile.ZipFile(one).extractall(sys.argv[1])';
/** The Lambda client is not the package's own: it comes last on the path, as in AWS's image. */
const CLIENT = 'import sys; sys.path.append(sys.argv.pop(1)); import awslambdaric.__main__ as client; client.main(["awslambdaric", *sys.argv[1:]])';

function laid(python: string, target: string, given: string[]): string {
  const [only] = given;
  if (only !== undefined && statSync(only).isDirectory()) return only;
  mkdirSync(target);
  execFileSync(python, ['-c', UNPACK, target, ...given]);
  return target;
}

export async function startRuntime(request: RuntimeRequest): Promise<Runtime> {
  const folder = temporary('rie');
  const python = program('handlerPython');
  const task = laid(python, path.join(folder, 'task'), [request.zip]);
  const opt = laid(python, path.join(folder, 'opt'), request.layers ?? []);
  const [port, api] = [await freePort(), await freePort()];
  const server = await startServer({
    command: program('runtimeEmulator'),
    args: ['--runtime-interface-emulator-address', `127.0.0.1:${port}`, '--runtime-api-address', `127.0.0.1:${api}`,
      python, '-c', CLIENT, labPackages(), request.handler],
    folder,
    env: {
      LAMBDA_TASK_ROOT: task,
      PYTHONPATH: [task, path.join(opt, 'python')].join(path.delimiter),
      PYTHONNOUSERSITE: '1',
      _HANDLER: request.handler,
      AWS_LAMBDA_FUNCTION_NAME: 'lab',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(request.memory ?? 512),
      AWS_LAMBDA_FUNCTION_TIMEOUT: String(request.timeout ?? 30),
      AWS_REGION: 'eu-west-1',
      ...request.env,
    },
    // Any call would be an invocation: an open port is all that can be asked for.
    ready: () => fetch(`http://127.0.0.1:${port}/`, { method: 'OPTIONS' }).then(async (answer) => (await answer.arrayBuffer(), true), () => false),
  });
  let last: Promise<unknown> = Promise.resolve();
  const call = async (event: unknown) => {
    const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
    const text = await answer.text();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new Error(`The runtime answered ${answer.status} ${text}\n${server.log()}`);
    }
  };
  return {
    invoke: (event) => (last = last.then(() => call(event), () => call(event))),
    log: server.log,
    stop: server.stop,
  };
}
