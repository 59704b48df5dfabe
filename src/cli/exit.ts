import type { ErrorKind } from '../errors.ts';

/** Exit codes; promised in docs/errors.md. */
export const EXIT: Record<ErrorKind | 'ok' | 'bug', number> = {
  ok: 0,
  bug: 1,
  usage: 2,
  config: 2,
  model: 3,
  limit: 3,
  auth: 4,
  remote: 5,
  verify: 6,
  interrupted: 130,
};
