import type { Context } from '../../events.ts';

export interface Diagnosis {
  /** `note` is worth knowing, `fail` keeps mlfn from working. */
  state: 'ok' | 'note' | 'warn' | 'fail';
  text: string;
  /** How to mend it; always there for `fail`. */
  mend?: string;
}

/** One thing that mlfn needs of this machine. Reads only. */
export interface Check {
  name: string;
  run(ctx: Context): Promise<Diagnosis[]>;
}
