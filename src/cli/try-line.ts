/** A command line to paste: curl is part of Linux, macOS and Windows 10. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Context } from '../events.ts';
import type { Outcome } from '../pipeline.ts';
import type { Target } from '../providers/index.ts';

export interface TryLine {
  line: string;
  /** What must have been done for it to work. */
  note: string | null;
}

/** Posts the sample, else the example that the endpoint's own schema gives; null when nothing is live. */
export async function tryLine(ctx: Context, target: Target, outcome: Outcome, sample: string | undefined): Promise<TryLine | null> {
  const { url, name, status } = outcome;
  if (url === null || url === '' || status === 'planned') return null;
  const { provider, config } = target;
  const access = (await provider.curl?.(ctx, config, url)) ?? { url, words: [], note: null };
  const curl = ['curl', ...access.words.map(word)].join(' ');
  return { line: `${curl} ${await requestOf(ctx, target, { url: access.url, name }, sample)}`, note: access.note };
}

async function requestOf(ctx: Context, target: Target, { url, name }: { url: string; name: string }, sample: string | undefined): Promise<string> {
  const web = sample === undefined ? null : webRequest(sample);
  if (web !== null) return `${web.method === 'GET' ? '' : `-X ${web.method} `}${url.replace(/\/$/, '')}${web.path}`;
  const body = sample === undefined ? await exampleOf(ctx, target, name) : fileArgument(ctx.cwd, sample);
  return body === null ? url : `${url} -H "content-type: application/json" -d ${body}`;
}

async function exampleOf(ctx: Context, target: Target, name: string): Promise<string | null> {
  const call = { method: 'GET', path: '/openapi.json', headers: {}, body: null };
  try {
    const answer = await target.provider.invoke(ctx, target.config, name, null, call);
    const example: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'))?.paths?.['/']?.post?.requestBody?.content?.[
      'application/json'
    ]?.example;
    return example === undefined ? null : shellArgument(JSON.stringify(example));
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    return null; // a WSGI app may answer anything there
  }
}

/** The sample of a WSGI app names a request instead of a body; one with a body is not worth a line. */
function webRequest(sample: string): { method: string; path: string } | null {
  if (statSync(sample).size > 10_000) return null;
  const { method, path: where, ...rest } = JSON.parse(readFileSync(sample, 'utf8')) ?? {};
  if (typeof method !== 'string' || typeof where !== 'string' || 'body' in rest) return null;
  return /^[A-Z]+$/.test(method) && /^\/[\w/.~-]*$/.test(where) ? { method, path: where } : null;
}

/** A file as the body needs no quoting of JSON in any shell. */
function fileArgument(cwd: string, sample: string): string {
  const relative = path.relative(cwd, sample);
  const file = relative.startsWith('..') ? sample : relative;
  return /[^\w./\\:-]/.test(file) ? `"@${file}"` : `@${file}`;
}

/** `${NAME}` becomes a variable of the shell: `$NAME`, in cmd.exe `%NAME%`. */
function word(text: string): string {
  if (/^[\w./:@-]+$/.test(text)) return text;
  return `"${text.replaceAll(/\$\{(\w+)\}/g, process.platform === 'win32' ? '%$1%' : '$$$1')}"`;
}

function shellArgument(json: string): string {
  return process.platform === 'win32' ? `"${json.replaceAll('"', '\\"')}"` : `'${json.replaceAll("'", String.raw`'\''`)}'`;
}
