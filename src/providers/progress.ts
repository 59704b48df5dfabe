/** Bytes of one upload, told in steps that a person can follow. */
import type { Context } from '../events.ts';

const STEPS = 200;

export interface Progress {
  /** Bytes that left; negative when they have to go again. */
  add(bytes: number): void;
  /** Bytes that an earlier run has sent. */
  skip(bytes: number): void;
  /** Bytes that arrived in this run. */
  sent(): number;
}

export function progressOf(ctx: Context, { what, size }: { what: string; size: number }): Progress {
  let sent = 0;
  let skipped = 0;
  let told = -1;
  const tell = (): void => {
    const step = Math.floor(((sent + skipped) / Math.max(size, 1)) * STEPS);
    if (step === told) return;
    told = step;
    ctx.emit({ type: 'progress', text: `sending ${what}`, done: sent + skipped, total: size });
  };
  return {
    add: (bytes) => {
      sent += bytes;
      tell();
    },
    skip: (bytes) => {
      skipped += bytes;
      tell();
    },
    sent: () => sent,
  };
}
