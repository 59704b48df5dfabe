import type { Digest } from '../../../types.ts';

export interface Upload {
  key: string;
  /** For people: `the model`. */
  what: string;
  /** Absolute path. */
  file: string;
  /** Bytes. */
  size: number;
  sha256: Digest;
}

/** What S3 keeps for us with an object, base64; a multipart upload has no SHA-256 of the whole otherwise. */
export const SHA256_FIELD = 'mlfn-sha256';

export function base64Of({ sha256 }: Pick<Upload, 'sha256'>): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

/**
 * `taken`: another object was there first. `lost`: another process wrote, or ended the same upload, at the same moment; what
 * the key holds may be the same by now.
 */
export type Outcome = 'done' | 'taken' | 'lost';
