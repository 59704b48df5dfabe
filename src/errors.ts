/**
 * Every error a user can meet, as data: a table for each room. `docs/errors.md` is generated from them; exit codes come
 * from `kind` in `cli/`. An error that is not an MlfnError is a bug of ours.
 */
import { AWS_ERRORS } from './errors/aws.ts';
import { BENCH_ERRORS } from './errors/bench.ts';
import { BUNDLE_ERRORS } from './errors/bundle.ts';
import { CLI_ERRORS } from './errors/cli.ts';
import { COMPILE_ERRORS } from './errors/compile.ts';
import { CONFIG_ERRORS } from './errors/config.ts';
import { GCP_ERRORS } from './errors/gcp.ts';
import { INSPECT_ERRORS } from './errors/inspect.ts';
import { LOCAL_ERRORS } from './errors/local.ts';
import { OCI_ERRORS } from './errors/oci.ts';
import { PIPELINE_ERRORS } from './errors/pipeline.ts';
import { RESOLVE_ERRORS } from './errors/resolve.ts';
import { VERIFY_ERRORS } from './errors/verify.ts';
import type { ErrorKind } from './errors/table.ts';

export type { ErrorKind };

export const ERROR_CODES = {
  ...AWS_ERRORS,
  ...BENCH_ERRORS,
  ...BUNDLE_ERRORS,
  ...CLI_ERRORS,
  ...COMPILE_ERRORS,
  ...CONFIG_ERRORS,
  ...GCP_ERRORS,
  ...INSPECT_ERRORS,
  ...LOCAL_ERRORS,
  ...OCI_ERRORS,
  ...PIPELINE_ERRORS,
  ...RESOLVE_ERRORS,
  ...VERIFY_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorExtras {
  /** The next act, as an imperative sentence; shown under the message. */
  hint?: string;
  /** Machine-readable facts, shown with --json. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** An MlfnError is known by this mark: the bundled command line and the rooms that it loads have a class of their own each. */
const MARK = Symbol.for('mlfn.MlfnError');

/** A problem that is not a bug of ours: the message names the wrong value, the hint the next act. */
export class MlfnError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extras: ErrorExtras = {},
  ) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'MlfnError';
    this.kind = ERROR_CODES[code].kind;
    this.hint = extras.hint;
    this.details = extras.details ?? {};
  }

  get [MARK](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }
}
