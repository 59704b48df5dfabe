/** In `cli/`, the exit code comes from it. */
export type ErrorKind = 'usage' | 'config' | 'model' | 'limit' | 'auth' | 'remote' | 'verify' | 'interrupted';

/** What a room can say went wrong, by code: UPPER_SNAKE with the room's prefix. */
export type ErrorTable = Readonly<Record<string, ErrorRow>>;

interface ErrorRow {
  readonly kind: ErrorKind;
  /** What it means, one sentence, for docs/errors.md. */
  readonly meaning: string;
  /** What the user does next, one sentence, for docs/errors.md. */
  readonly mend: string;
}
