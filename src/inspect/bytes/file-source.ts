import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from './window.ts';

/** Bytes of an open file; what is skipped is never read. The handle is the caller's to close. */
export function fileSource(file: FileHandle, size: number, signal: AbortSignal): ByteSource {
  let position = 0;
  return {
    async read(into) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(into, 0, into.length, position);
      position += bytesRead;
      return bytesRead;
    },
    async skip(count) {
      const skipped = Math.max(0, Math.min(count, size - position));
      position += skipped;
      return skipped;
    },
    async close() {},
  };
}
