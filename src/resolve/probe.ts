/** Asks an interpreter what it is, once: the answer is kept by (path, mtime, size). */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Context } from '../events.ts';
import { readJson, writeWhole } from '../whole-files.ts';
import { lastLine, run, tool } from './run.ts';

const TIMEOUT_MS = 20_000;
const PYTHON_2 = 'it is Python 2';

const probeSchema = z.object({
  executable: z.string().min(1),
  base: z.string(),
  virtual: z.boolean(),
  version: z.string(),
  implementation: z.string(),
  freeThreaded: z.boolean(),
  os: z.string(),
  arch: z.string(),
  glibc: z.string().nullable(),
});

export type Probe = z.infer<typeof probeSchema>;

const keptSchema = z.union([probeSchema, z.literal(PYTHON_2)]);

/** One that hangs is waited for once in a command, however many ask for it. */
const asked = new WeakMap<Context['home'], Map<string, Promise<Probe | string>>>();

/** The interpreter's own answer, or why there is none, as the rest of a sentence: `cannot start: ...`. */
export function probe(ctx: Context, file: string): Promise<Probe | string> {
  const answers = asked.get(ctx.home) ?? new Map<string, Promise<Probe | string>>();
  asked.set(ctx.home, answers);
  const answer = answers.get(file) ?? probeOnce(ctx, file);
  answers.set(file, answer);
  return answer;
}

async function probeOnce(ctx: Context, file: string): Promise<Probe | string> {
  const facts = await stat(file).catch(() => null);
  if (facts === null) return 'there is no such file';
  if (facts.isDirectory()) return 'it is a folder';
  if (facts.size === 0) return 'it is an empty file (an alias of the Microsoft Store?)';
  const key = createHash('sha256')
    .update(JSON.stringify([1, file, facts.mtimeMs, facts.size]))
    .digest('hex');
  const entry = path.join(ctx.home.cache, 'interpreters', `${key}.json`);
  const known = keptSchema.safeParse(await readJson(entry));
  if (known.success) return known.data;
  const answer = await ask(ctx, file);
  if (await isLasting(answer, file)) await writeWhole(entry, JSON.stringify(answer));
  return answer;
}

/** A shim answers for whatever it chooses today: only what is sure to be of this file is remembered. */
async function isLasting(answer: Probe | string, file: string): Promise<boolean> {
  return typeof answer === 'string' ? answer === PYTHON_2 && !(await isScript(file)) : answer.executable === file;
}

async function isScript(file: string): Promise<boolean> {
  const opened = await open(file);
  try {
    const { buffer } = await opened.read({ buffer: Buffer.alloc(2), position: 0 });
    return buffer.toString('latin1') === '#!';
  } finally {
    await opened.close();
  }
}

async function ask(ctx: Context, file: string): Promise<Probe | string> {
  const ran = await run(ctx, file, ['-I', tool('probe.py')], { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
    if (ctx.signal.aborted) throw error;
    return `it cannot start: ${error instanceof Error ? error.message : String(error)}`;
  });
  if (typeof ran === 'string') return ran;
  if (ran.timedOut) return `it did not answer within ${TIMEOUT_MS / 1000} s`;
  if (ran.code !== 0) {
    // Python 2 knows no -I; whatever else went wrong says so on its last line.
    const why = /unknown option: -I/i.test(ran.stderr) ? PYTHON_2 : lastLine(ran.stderr);
    return why || `it ended with ${ran.code ?? 'a signal'} and said nothing`;
  }
  try {
    return probeSchema.parse(JSON.parse(lastLine(ran.stdout)));
  } catch {
    return 'it did not answer as a Python does';
  }
}
