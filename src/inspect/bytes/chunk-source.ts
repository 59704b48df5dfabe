import type { ByteSource } from './window.ts';

/** Bytes of a decompressor: what is skipped has to be made first, and is dropped. */
export function chunkSource(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let chunk = new Uint8Array(0);
  const refill = async (): Promise<boolean> => {
    while (chunk.length === 0) {
      signal.throwIfAborted();
      const next = await iterator.next();
      if (next.done === true) return false;
      chunk = next.value as Uint8Array<ArrayBuffer>;
    }
    return true;
  };
  return {
    async read(into) {
      if (!(await refill())) return 0;
      const count = Math.min(into.length, chunk.length);
      into.set(chunk.subarray(0, count));
      chunk = chunk.subarray(count);
      return count;
    },
    async skip(count) {
      let left = count;
      while (left > 0 && (await refill())) {
        const step = Math.min(left, chunk.length);
        chunk = chunk.subarray(step);
        left -= step;
      }
      return count - left;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
