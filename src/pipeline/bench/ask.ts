/** What is asked: the payload that was given, else the first request of the release's own sample. */
import { MlfnError } from '../../errors.ts';
import type { Answer, Call, Release } from '../../live.ts';
import { bodyOf, callOf } from '../../verify/index.ts';
import type { BenchRequest } from './plan.ts';

export interface Asked {
  call: Call;
  /** Where the payload is from. */
  from: string;
}

/** @throws BENCH_NO_PAYLOAD */
export function askedOf({ name, payload }: Pick<BenchRequest, 'name' | 'payload'>, { number, sample }: Release): Asked {
  if (payload !== undefined) {
    const headers = { 'content-type': 'application/json' };
    return { call: { method: 'POST', path: '/', headers, body: payload.bytes }, from: payload.from };
  }
  const [request] = sample?.requests ?? [];
  if (sample !== null && request !== undefined) return { call: callOf(sample.kind, request), from: `the sample of release ${number}` };
  throw new MlfnError('BENCH_NO_PAYLOAD', `Release ${number} of ${name} was made without a sample, so nothing says what to ask it.`, {
    hint: `Give a body: mlfn bench ${name} --payload payload.json.`,
  });
}

/** @throws BENCH_REFUSED, BENCH_FAILED */
export function assertAnswers(name: string, { from }: Asked, answer: Answer): void {
  if (answer.status < 400) return;
  const said = JSON.stringify(bodyOf(answer)).slice(0, 300);
  const details = { status: answer.status, answer: bodyOf(answer) };
  if (answer.status < 500) {
    throw new MlfnError('BENCH_REFUSED', `${name} refuses ${from} (${answer.status}): ${said}`, {
      hint: 'Give --payload a body that it takes; `mlfn invoke` shows what it says.',
      details,
    });
  }
  throw new MlfnError('BENCH_FAILED', `${name} failed at the first call (${answer.status}): ${said}`, { hint: `See \`mlfn logs ${name}\`.`, details });
}
