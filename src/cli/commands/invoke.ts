import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MlfnError } from '../../errors.ts';
import type { Answer } from '../../live.ts';
import { command, type CommandContext } from '../command.ts';
import { EXIT } from '../exit.ts';
import { durationText } from '../format.ts';
import { indentJson } from '../json-text.ts';
import { labelled } from '../lines.ts';
import { NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';
import type { Target } from '../../providers/index.ts';

/** Keeps the body as it came: reading JSON into numbers and back would turn 73.0 into 73. */
class Invoked {
  constructor(
    readonly name: string,
    readonly answer: Answer,
  ) {}

  get body(): string {
    return Buffer.from(this.answer.body).toString('utf8');
  }

  toJSON(): Record<string, unknown> {
    return { name: this.name, ...this.answer, body: jsonOf(this.body) ?? this.body };
  }
}

export const invoke = command({
  name: 'invoke',
  summary: 'Call a function as a client would and print its answer',
  details:
    'The answer goes to standard output, its status to standard error. Exit code 2 for a 4xx answer (the request was ' +
    'refused), 5 for a 5xx. Without --data and --payload it is a GET. On a cloud the call is signed with your credentials; ' +
    '--direct goes past the endpoint, and the body is the event itself.',
  arguments: [NAME_ARGUMENT],
  options: {
    payload: { kind: 'text', short: 'p', value: 'FILE', completes: 'file', summary: 'Body from a file; - is standard input' },
    data: { kind: 'text', short: 'd', value: 'JSON', summary: 'Body as text; or s3://B/K, gs://B/K or ./FILE, an object whose rows are asked for' },
    path: { kind: 'text', value: 'PATH', summary: 'Path below the endpoint (default: /)' },
    release: { kind: 'integer', value: 'N', summary: 'That release instead of the live one' },
    direct: { kind: 'flag', summary: 'Call the function of a cloud itself, past its endpoint' },
    report: { kind: 'flag', summary: "Wait for the platform's report of the call: time billed, memory" },
    ...TARGET_OPTION,
  },
  examples: [
    ['invoke heart --payload payload.json', 'a prediction'],
    [`invoke heart --data '{"age": 63, "sex": 1}'`, 'the same, typed'],
    ['invoke heart --data s3://patients/june.csv', 'all rows of an object; see docs/data.md'],
    ['invoke heart --payload payload.json --release 2', 'what release 2 says'],
    ['invoke heart --path /openapi.json', 'the schema of the endpoint'],
  ],
  async run(ctx, input): Promise<Invoked> {
    const body = await bodyOf(ctx, input);
    const [{ chooseFunction, open }, { observeKnown }] = await Promise.all([
      import('../function.ts'),
      import('../../providers/index.ts'),
    ]);
    const { name, target, targetConfig } = await chooseFunction(ctx, input);
    if (target !== 'local' && fileIn(ctx, input.data) !== null) {
      throw new MlfnError('CLI_USAGE', `--data names a file of this machine, and ${name} runs on ${target}.`, { hint: 'Name an object that it may read, s3://BUCKET/KEY or gs://BUCKET/KEY.' });
    }
    const opened = await open(target, targetConfig);
    const live = await observeKnown(ctx, opened, name);
    const release = input.release ?? null;
    if (release !== null && !live.releases.some(({ number }) => number === release)) {
      throw new MlfnError('RELEASE_UNKNOWN', `${name} has no release ${release}.`, {
        hint: `Choose one of: ${live.releases.map(({ number }) => number).join(', ')}.`,
      });
    }
    const answer = input.direct
      ? await direct(ctx, opened, { name, release, body, path: input.path })
      : await opened.provider.invoke(ctx, opened.config, name, release, {
          method: body === null ? 'GET' : 'POST',
          path: input.path === undefined ? '/' : `/${input.path.replace(/^\/+/, '')}`,
          headers: body === null ? {} : { 'content-type': 'application/json' },
          body,
        });
    return new Invoked(name, input.report && answer.billed === undefined ? await reported(ctx, opened, name, answer) : answer);
  },
  text: ({ body }, { terminal }) => [terminal && jsonOf(body) !== undefined ? indentJson(body) : body],
  aside: ({ answer }, { paint }) => {
    const color = answer.status < 400 ? paint.green.bold : paint.red.bold;
    const { failure } = answer;
    const failed = failure === undefined ? undefined : `${failure.type}: ${failure.message}${failure.where === null ? '' : `  ${failure.where}`}`;
    return labelled(color, String(answer.status), facts(answer).join('  '), failed);
  },
  exitCode: ({ answer: { status } }) => (status >= 500 ? EXIT.remote : status >= 400 ? EXIT.usage : EXIT.ok),
});

/** What the platform does not tell is left out. */
function facts({ durationMs, coldMs, handlerMs, billed, release }: Answer): string[] {
  const start = coldMs === null ? 'warm' : `cold, worker started in ${durationText(coldMs)}`;
  const known = coldMs !== null || handlerMs !== null;
  return [
    durationText(durationMs),
    ...(known ? [start] : []),
    ...(billed === undefined ? [] : [`billed ${billed.durationMs} ms`, memoryText(billed)]),
    ...(release === null ? [] : [`release ${release}`]),
  ];
}

function memoryText({ memoryMb, maxMemoryMb }: NonNullable<Answer['billed']>): string {
  return maxMemoryMb === null ? `${memoryMb} MB` : `${maxMemoryMb} of ${memoryMb} MB`;
}

async function direct(
  ctx: CommandContext,
  { provider, config }: Target,
  call: { name: string; release: number | null; body: Uint8Array | null; path: string | undefined },
): Promise<Answer> {
  if (provider.direct === undefined) {
    throw new MlfnError('CLI_USAGE', `The target ${provider.name} has no way past its endpoint.`, { hint: 'Leave --direct out.' });
  }
  if (call.path !== undefined) {
    throw new MlfnError('CLI_USAGE', '--direct and --path were both given.', { hint: 'A path is of the endpoint: give one of the two.' });
  }
  const payload = call.body ?? Buffer.from('{}');
  if (jsonOf(Buffer.from(payload).toString('utf8')) === undefined) {
    throw new MlfnError('CLI_PAYLOAD', 'The payload is not JSON, and an event is.', { hint: `Give JSON, e.g. --data '{"age": 63}'.` });
  }
  return provider.direct(ctx, config, call.name, call.release, payload);
}

async function reported(ctx: CommandContext, { provider, config }: Target, name: string, answer: Answer): Promise<Answer> {
  const found = (await provider.report?.(ctx, config, name, answer)) ?? answer;
  if (found === answer) {
    const otherwise = provider.direct === undefined ? '' : ', or call it with --direct';
    ctx.emit({ type: 'warning', text: 'There is no report of this call.', hint: `Look for it in \`mlfn logs\` later${otherwise}.` });
  }
  return found;
}

async function bodyOf(
  ctx: CommandContext,
  input: { payload: string | undefined; data: string | undefined },
): Promise<Uint8Array | null> {
  const { payload, data } = input;
  if (payload !== undefined && data !== undefined) {
    throw new MlfnError('CLI_USAGE', '--payload and --data were both given.', { hint: 'Give one of the two.' });
  }
  if (data !== undefined) return Buffer.from(referenceIn(ctx, data) ?? data, 'utf8');
  if (payload === undefined) return null;
  if (payload === '-') return ctx.readInput();
  const file = path.resolve(ctx.cwd, payload);
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new MlfnError('CLI_PAYLOAD', `The payload ${file} cannot be read.`, {
      hint: 'Give --payload the path of a file, or - for standard input.',
      cause,
    });
  }
}

/** The body for an object or a file, where the text names one: no JSON begins so. */
function referenceIn(ctx: CommandContext, text: string): string | null {
  const uri = /^(s3|gs):\/\//.test(text) ? text : fileIn(ctx, text);
  return uri === null ? null : JSON.stringify({ data: uri });
}

/** The URI of a file of this machine. */
function fileIn(ctx: CommandContext, text = ''): string | null {
  if (text.startsWith('file://')) return text;
  return /^(\.{1,2}[\\/]|\/|[A-Za-z]:[\\/])/.test(text) ? pathToFileURL(path.resolve(ctx.cwd, text)).href : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
