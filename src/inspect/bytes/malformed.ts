import type { Finding } from '../../types.ts';

/** What stops the reading of a file: becomes an error finding of the card, never a crash. */
export class Malformed extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly offset?: number,
    readonly hint?: string,
  ) {
    super(message);
  }

  get finding(): Finding {
    return {
      severity: 'error',
      code: this.code,
      message: this.message,
      ...(this.offset === undefined ? {} : { offset: this.offset }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}
