import type { MlfnError } from '../src/errors.ts';

/** The error that a promise ends with; anything but an MlfnError fails the test. */
export async function failure(work: Promise<unknown>): Promise<MlfnError> {
  const error = await work.then(
    (value) => new Error(`no error but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof Error && error.name === 'MlfnError') return error as MlfnError;
  throw error;
}
