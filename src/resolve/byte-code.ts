/** Without byte code every cold start compiles again; it must be of the Python that runs it. */
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { Lock } from '../types.ts';
import { usePython } from './interpreters.ts';
import { lastLine, run, tool } from './run.ts';

interface CodeCompiler {
  /** `cp312` */
  tag: string;
  /** Compiles what lies below the folder, where it lies. @throws RESOLVE_INSTALL_FAILED | INTERRUPTED */
  compile: (folder: string) => Promise<void>;
}

/** Null, and said, where this machine lacks the lock's Python. */
export async function codeCompiler(ctx: Context, lock: Pick<Lock, 'interpreter' | 'python'>): Promise<CodeCompiler | null> {
  const interpreter = await usePython(ctx, lock.interpreter);
  if (interpreter.minor !== lock.python) {
    ctx.emit({
      type: 'warning',
      text: `There is no Python ${lock.python} on this machine: the package carries no byte code, and starts about three times as slowly.`,
      hint: `Install Python ${lock.python}, and deploy again.`,
    });
    return null;
  }
  const compile = async (folder: string) => {
    ctx.emit({ type: 'progress', text: 'compiling the byte code of the dependencies' });
    const ran = await run(ctx, interpreter.path, ['-I', '-S', tool('byte_code.py'), folder], { timeoutMs: 600_000 });
    if (ran.code === 0) return;
    throw new MlfnError('RESOLVE_INSTALL_FAILED', `The dependencies could not be compiled: ${lastLine(ran.stderr)}`, {
      hint: 'Run the same command again.',
      details: { stderr: ran.stderr.slice(-2000) },
    });
  };
  return { tag: `cp${lock.python.replace('.', '')}`, compile };
}
