/** A prompt is a request with a default: --yes, a CI and a test take the path of whoever just presses Enter. */
import type { Readable, Writable } from 'node:stream';
import { MlfnError } from '../errors.ts';

export type Question =
  | { kind: 'confirm'; message: string; initial: boolean }
  | { kind: 'text'; message: string; initial: string; check?: (value: string) => string | undefined }
  | { kind: 'select'; message: string; initial: string; choices: { value: string; hint?: string }[] };

type AnswerTo<Q extends Question> = Q extends { kind: 'confirm' } ? boolean : string;
export type Ask = <Q extends Question>(question: Q) => Promise<AnswerTo<Q>>;

/** `yes` agrees to everything; without a terminal to ask on, the default is the answer. */
export async function answer<Q extends Question>(
  question: Q,
  options: { yes: boolean; input: Readable; output: Writable | null; signal: AbortSignal },
): Promise<AnswerTo<Q>> {
  const { yes, input, output, signal } = options;
  if (yes && question.kind === 'confirm') return true as AnswerTo<Q>;
  if (yes || output === null) return question.initial as AnswerTo<Q>;
  const prompts = await import('@clack/prompts');
  const given = await askWith(prompts, question, { input, output, signal });
  if (prompts.isCancel(given)) throw new MlfnError('INTERRUPTED', 'Stopped at a question; nothing was changed.');
  return given as AnswerTo<Q>;
}

function askWith(
  prompts: typeof import('@clack/prompts'),
  question: Question,
  streams: { input: Readable; output: Writable; signal: AbortSignal },
): Promise<unknown> {
  const { message } = question;
  if (question.kind === 'confirm') return prompts.confirm({ message, initialValue: question.initial, ...streams });
  if (question.kind === 'select') {
    const options = question.choices.map(({ value, hint }) => ({ value, label: value, ...(hint === undefined ? {} : { hint }) }));
    return prompts.select({ message, initialValue: question.initial, options, ...streams });
  }
  const { check, initial } = question;
  return prompts.text({
    message,
    placeholder: initial,
    defaultValue: initial,
    validate: (value) => (value === undefined || value === '' ? undefined : check?.(value)),
    ...streams,
  });
}
