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

/** What Cloud Storage keeps for us with an object, hex: of the whole, it knows CRC32C and MD5 only. */
export const SHA256_FIELD = 'mlfn-sha256';

/** Of the object that is to be written: how it must be there, or not be there, before. 0: nothing is there. */
export type Generation = string | 0;

/**
 * `taken`: another object was there first. `lost`: the session of the upload has ended; what the key holds may be the same by
 * now.
 */
export type Outcome = 'done' | 'taken' | 'lost';
