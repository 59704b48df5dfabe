/** A package, laid down as its files say and asked with its own serving code, in a process that finds nothing else. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../python-child.ts';
import { withScratch } from '../../whole-files.ts';
import type { Context } from '../../events.ts';
import type { Artifact } from '../../types.ts';
import { writeTree } from '../tree.ts';
import { layFiles } from '../wheels/lay.ts';
import type { Touched } from './keep.ts';

/** Loading and all answers. */
const SECONDS = 300;

export interface Answered {
  /** What of the answers must be the same: status and body. */
  answers: string[];
  files: Touched;
}

export interface Failed {
  failed: string;
  /** The module that could not be imported. */
  missing: string | null;
}

interface Package {
  dependencies: Artifact;
  function: Artifact;
}

type Result = { answers: { statusCode?: number; body?: string }[]; files: Touched } | Failed;

/** A child that dies, or hangs, has failed. @throws INTERRUPTED | BUNDLE_* */
export async function askPackage(ctx: Context, made: Package, how: { interpreter: string; events: unknown[] }): Promise<Answered | Failed> {
  return withScratch(ctx.home.cache, async (scratch) => {
    const [root, dependencies] = [path.join(scratch, 'function'), path.join(scratch, 'dependencies')];
    await layFiles(ctx, made.dependencies.entries, dependencies);
    await writeTree(ctx, made.function, root);
    const { interpreter, events } = how;
    const job = { timeout: SECONDS, root, dependencies, events };
    const ended = await runTool(ctx, job, { tool: 'trace_package.py', interpreter, scratch, env: {}, doing: 'while the package was tried' });
    await rm(root, { recursive: true, force: true });
    const result = ended.result as Result | null;
    if (result === null) return { failed: `Python ended (${ended.status})${ended.late ? ' as its time was over' : ''}`, missing: null };
    if ('failed' in result) return result;
    return { answers: result.answers.map(({ statusCode, body }) => JSON.stringify([statusCode, body])), files: result.files };
  });
}

/** Function URL events: the sample, what is refused, and the pages that describe the model. `opaque`: bodies are the user's own. */
export function eventsFor(sample: unknown, opaque: boolean): unknown[] {
  const asked = [post(JSON.stringify(sample))];
  if (opaque) return asked;
  const record = Array.isArray(sample) ? sample[0] : [sample];
  return [...asked, ...[record, {}, [], { 'no such field': 'x' }, [[null]]].map((body) => post(JSON.stringify(body))), post('{'), get('/'), get('/openapi.json'), get('/healthz'), get('/v2')];
}

function post(body: string): unknown {
  return { ...get('/'), headers: { 'content-type': 'application/json' }, requestContext: { http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } }, body };
}

function get(place: string) {
  return { version: '2.0', rawPath: place, rawQueryString: '', headers: {}, requestContext: { http: { method: 'GET', path: place, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } }, isBase64Encoded: false };
}
