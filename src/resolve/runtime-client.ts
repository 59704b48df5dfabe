/** AWS's own client of the Lambda runtime API, for the target that runs the package on this machine. */
import path from 'node:path';
import type { Context } from '../events.ts';
import { compile, openSession } from './compile.ts';
import { install } from './install.ts';
import { usePython } from './interpreters.ts';
import { makeLock } from './lock.ts';
import { bareInterpreter, type PythonChoice } from './pythons.ts';
import { readdir } from 'node:fs/promises';

/** awslambdaric with its dependencies. 4.2.2 has wheels for 3.10 to 3.14, on glibc and musl; 4.0.4 is the last for 3.9. */
const DEPENDENCIES = ['simplejson==4.3.0', 'snapshot-restore-py==1.0.0'];
const VERSIONS: Record<string, string> = { '3.9': '4.0.4' };
const VERSION = '4.2.2';

/**
 * A folder for `sys.path` that holds `awslambdaric` for that interpreter, or null where it has no wheel: macOS, Windows.
 * @throws MlfnError as `install`
 */
export async function runtimeClient(ctx: Context, interpreter: string): Promise<string | null> {
  const python = await usePython(ctx, interpreter);
  if (python.platform.os !== 'linux') return null;
  const version = VERSIONS[python.minor] ?? VERSION;
  const { arch, glibc } = python.platform;
  const folder = path.join(ctx.home.cache, 'runtime-client', `${version}-py${python.minor}-${arch}-${glibc ?? 'musl'}`);
  if (
    await readdir(folder).then(
      (names) => names.length > 0,
      () => false,
    )
  )
    return folder;
  const session = await openSession(ctx);
  const bare = await usePython(ctx, bareInterpreter(python));
  const choice: PythonChoice = { python: python.minor, platform: python.platform, interpreter: bare, native: true };
  const question = {
    roots: [`awslambdaric==${version}`, ...DEPENDENCIES],
    constraints: [],
    options: [],
    uvConfig: '',
    cutoff: null,
  };
  const { wheels } = await compile(session, choice, question);
  if (wheels === null) return null;
  await install(
    ctx,
    makeLock(choice, wheels, { source: 'model-date', sourceDetail: '', offline: session.offline }),
    folder,
  );
  return folder;
}
