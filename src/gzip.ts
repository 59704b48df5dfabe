/** What makes a gzip stream the same wherever it was written. */
import { Transform } from 'node:stream';

/** Byte of a gzip header that tells the system it was made on (RFC 1952, 2.3), and its value for "unknown". */
const SYSTEM = { at: 9, unknown: 255 };

/** Behind createGzip(), whose first chunk has the whole header. */
export function withoutSystem(): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (first) chunk[SYSTEM.at] = SYSTEM.unknown;
      first = false;
      done(null, chunk);
    },
  });
}
