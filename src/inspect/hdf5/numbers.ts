/** Numbers of an HDF5 file: how wide addresses and lengths are, its superblock tells. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';

export interface Hdf5 {
  view: View;
  /** Bytes of an address. */
  offsets: number;
  /** Bytes of a length. */
  lengths: number;
  /** Addresses count from here. */
  base: number;
}

/** An address, a length: little-endian, `width` bytes; all ones is "undefined" and becomes null. @throws Malformed */
export function numberAt(bytes: Buffer, at: number, width: number): number | null {
  if (at + width > bytes.length) throw new Malformed('truncated', 'A record of the HDF5 file is shorter than what it holds.');
  if (bytes.subarray(at, at + width).every((byte) => byte === 0xff)) return null;
  const value = width === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, width);
  if (!Number.isSafeInteger(value)) throw new Malformed('corrupt', 'The HDF5 file points past every end.');
  return value;
}

/** The same where there has to be one. */
export function requiredAt(bytes: Buffer, at: number, width: number): number {
  const value = numberAt(bytes, at, width);
  if (value === null) throw new Malformed('corrupt', 'The HDF5 file points to nothing.');
  return value;
}

/** Exactly these bytes of a record. @throws Malformed */
export function partOf(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new Malformed('truncated', 'A record of the HDF5 file is shorter than what it holds.');
  return bytes.subarray(at, at + length);
}
