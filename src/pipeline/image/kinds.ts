/** What an image is for: a server of HTTP wherever containers run, or AWS Lambda. */
import type { Start } from '../../oci/index.ts';
import type { RuntimeSettings } from '../../live.ts';
import { dataVariables } from '../../providers/data.ts';
import type { TargetNeed } from '../../types.ts';

export type KindName = 'http' | 'lambda';

export interface Kind {
  caller: 'http' | 'lambda';
  /** Where the package lies, from the root. */
  folder: string;
  /** The server, or Lambda's runtime client. */
  needs: TargetNeed;
  /** It is linked with libstdc++, and ends without a word where there is none. */
  cxx: boolean;
  /** Best first. */
  pythons: string[];
  /** Where nothing else is asked for, by the minor version of Python. */
  base(python: string): string;
  /** Of that base. */
  glibc: string;
  /** @param settings null where they are said to each container that is started */
  start(interpreter: string, settings: RuntimeSettings | null): Pick<Start, 'entrypoint' | 'command' | 'user' | 'env' | 'port'>;
}

/** Folders that stand for buckets are of this machine. */
function variablesOf({ env, data, memory }: RuntimeSettings): Record<string, string> {
  return { ...env, ...(data === undefined ? {} : dataVariables({ data: { ...data, folders: undefined }, memory })) };
}

/** In no base's passwd, and not 65534, which others are mapped to. */
const NOBODY = '65532:65532';

export const KINDS: Record<KindName, Kind> = {
  http: {
    caller: 'http',
    folder: 'app',
    // templates/python/mlfn_serve/server.py
    needs: { name: 'waitress', version: '3.0.2', accepts: '>=3,<4' },
    cxx: false,
    pythons: ['3.12', '3.13', '3.14', '3.11', '3.10'],
    // hub.docker.com/_/python: Debian 12
    base: (python) => `docker.io/library/python:${python}-slim-bookworm`,
    glibc: '2.36',
    start: (interpreter, settings) => ({
      entrypoint: [interpreter, '/app/main.py'],
      command: [],
      user: NOBODY,
      env: settings === null ? {} : { ...variablesOf(settings), MLFN_THREADS: String(settings.concurrency) },
      port: 8080,
    }),
  },
  lambda: {
    caller: 'lambda',
    folder: 'var/task',
    needs: { name: 'awslambdaric', version: '4.2.2', accepts: '>=3' },
    cxx: true,
    pythons: ['3.12', '3.13', '3.14'],
    // docs.aws.amazon.com/lambda/latest/dg/python-image.html: Amazon Linux 2023
    base: (python) => `public.ecr.aws/lambda/python:${python}`,
    glibc: '2.34',
    // docs.aws.amazon.com/lambda/latest/dg/images-create.html: a runtime client starts the handler; the user is Lambda's own.
    start: (interpreter, settings) => ({
      entrypoint: [interpreter, '-m', 'awslambdaric'],
      command: ['mlfn_serve.entry.handler'],
      user: '',
      env: { ...(settings === null ? {} : variablesOf(settings)), LAMBDA_TASK_ROOT: '/var/task', PYTHONPATH: '/var/task/dependencies' },
      port: null,
    }),
  },
};
