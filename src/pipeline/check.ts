/** A candidate's answers against the model's own, before it gets any traffic. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { checkFact } from '../facts.ts';
import type { Target } from '../providers/index.ts';
import type { Done, ReleaseDraft } from '../providers/provider.ts';
import { hostOptions, install, resolve } from '../resolve/index.ts';
import { type Candidate, verify } from '../verify/index.ts';
import type { Made } from './make.ts';

export async function checkCandidate(
  ctx: Context,
  target: Target,
  asked: Made & { sample: unknown; env: Record<string, string> },
  done: Done,
): Promise<Done> {
  const number = done.candidate?.number ?? null;
  const { verification, sample: checked } = await checkMade(ctx, asked, (call) => target.provider.invoke(ctx, target.config, done.name, number, call));
  ctx.emit(checkFact(number, verification));
  return { ...done, verification, sample: checked };
}

/** The answers of `call` against those of the model itself, asked on this machine. */
export async function checkMade(
  ctx: Context,
  asked: Made & { sample: unknown; env: Record<string, string> },
  call: Candidate['call'],
): ReturnType<typeof verify> {
  const host = asked.sample === null ? undefined : await hostOf(ctx, asked);
  return verify(ctx, { ...asked, host, call });
}

/** Where the model itself is asked, when the package is for another platform than this machine. */
async function hostOf(ctx: Context, { card, lock }: Made): Promise<{ interpreter: string; dependencies: string } | undefined> {
  const options = await hostOptions(ctx, lock);
  if (options === null) return undefined;
  const own = await resolve(ctx, card, { platform: 'this-machine', pythons: [lock.python] }, options);
  const { os, arch } = own.platform;
  const text = `the model itself is asked with the same versions for this machine (Python ${own.python}, ${os} ${arch})`;
  ctx.emit({ type: 'fact', label: 'host', text });
  const dependencies = path.join(ctx.home.cache, 'dependencies', own.digest);
  await install(ctx, own, dependencies);
  return { interpreter: own.interpreter, dependencies };
}

/** The model itself is asked on this machine, where a secret is the variable of its name, if there is one. */
export function ownSecrets({ env }: Context, { targetSettings }: ReleaseDraft): Record<string, string> {
  const names = Object.keys((targetSettings['secrets'] ?? {}) as Record<string, string>);
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

export async function readSample(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MlfnError('SAMPLE_UNREADABLE', `The sample ${file} cannot be read.`, {
      hint: 'Give --sample (or `sample:` in mlfn.yaml) the path of a JSON file.',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MlfnError('SAMPLE_INVALID', `The sample ${file} is not JSON: ${(cause as Error).message}`, {
      hint: 'Write a body as a client would post it, e.g. {"age": 63, "sex": 1}.',
      cause,
    });
  }
}
