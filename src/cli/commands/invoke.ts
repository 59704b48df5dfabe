import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../../errors.ts';
import type { Answer } from '../../types.ts';
import { command, type CommandContext } from '../command.ts';
import { EXIT } from '../exit.ts';
import { durationText } from '../format.ts';
import { indentJson } from '../json-text.ts';
import { labelled } from '../lines.ts';
import { NAME_ARGUMENT, TARGET_OPTION } from '../options.ts';

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
    'refused), 5 for a 5xx. Without --data and --payload it is a GET.',
  arguments: [NAME_ARGUMENT],
  options: {
    payload: { kind: 'text', short: 'p', value: 'FILE', completes: 'file', summary: 'Body from a file; - is standard input' },
    data: { kind: 'text', short: 'd', value: 'JSON', summary: 'Body as text' },
    path: { kind: 'text', value: 'PATH', summary: 'Path below the endpoint (default: /)' },
    release: { kind: 'integer', value: 'N', summary: 'That release instead of the live one' },
    ...TARGET_OPTION,
  },
  examples: [
    ['invoke heart --payload payload.json', 'a prediction'],
    [`invoke heart --data '{"age": 63, "sex": 1}'`, 'the same, typed'],
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
    const opened = await open(target, targetConfig);
    const live = await observeKnown(ctx, opened, name);
    const release = input.release ?? null;
    if (release !== null && !live.releases.some(({ number }) => number === release)) {
      throw new MlfnError('RELEASE_UNKNOWN', `${name} has no release ${release}.`, {
        hint: `Choose one of: ${live.releases.map(({ number }) => number).join(', ')}.`,
      });
    }
    const answer = await opened.provider.invoke(ctx, opened.config, name, release, {
      method: body === null ? 'GET' : 'POST',
      path: input.path === undefined ? '/' : `/${input.path.replace(/^\/+/, '')}`,
      headers: body === null ? {} : { 'content-type': 'application/json' },
      body,
    });
    return new Invoked(name, answer);
  },
  text: ({ body }, { terminal }) => [terminal && jsonOf(body) !== undefined ? indentJson(body) : body],
  aside: ({ answer }, { paint }) => {
    const { status, durationMs, coldMs, release } = answer;
    const start = coldMs === null ? 'warm' : `cold, worker started in ${durationText(coldMs)}`;
    const color = status < 400 ? paint.green.bold : paint.red.bold;
    return labelled(color, String(status), `${durationText(durationMs)}  ${start}${release === null ? '' : `  release ${release}`}`);
  },
  exitCode: ({ answer: { status } }) => (status >= 500 ? EXIT.remote : status >= 400 ? EXIT.usage : EXIT.ok),
});

async function bodyOf(
  ctx: CommandContext,
  input: { payload: string | undefined; data: string | undefined },
): Promise<Uint8Array | null> {
  const { payload, data } = input;
  if (payload !== undefined && data !== undefined) {
    throw new MlfnError('CLI_USAGE', '--payload and --data were both given.', { hint: 'Give one of the two.' });
  }
  if (data !== undefined) return Buffer.from(data, 'utf8');
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
