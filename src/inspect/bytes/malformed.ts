import type { Finding } from '../../types.ts';

/** What makes a file impossible to load, whoever made it. */
const DAMAGE = new Set(['truncated', 'corrupt-compression', 'unknown-opcode', 'unknown-protocol', 'stack-underflow', 'bad-length', 'corrupt', 'missing-file']);

export function isDamage({ code }: { code: string }): boolean {
  return DAMAGE.has(code);
}

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
    const hint = this.hint ?? (isDamage(this) ? 'Copy or save the model again.' : undefined);
    return {
      severity: 'error',
      code: this.code,
      message: this.message,
      ...(this.offset === undefined ? {} : { offset: this.offset }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
