/** A range of a file as the body of a request: streamed, and opened again for every attempt of the SDK's retries. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { MlfnError } from '../../../errors.ts';

const CHUNK = 1 << 16;

export interface FileRange {
  file: string;
  start: number;
  size: number;
}

/**
 * Pieces of the range in order, each in a buffer that `next` gives; a file that ends before the range throws
 * AWS_UPLOAD_CHANGED.
 */
async function* read({ file, start, size }: FileRange, next: () => Buffer): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    for (let offset = 0; offset < size; ) {
      const buffer = next();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), start + offset);
      if (bytesRead === 0) throw changed(file);
      offset += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** @returns SHA-256 of the range */
export async function hashRange(range: FileRange, signal: AbortSignal): Promise<Buffer> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(4 * CHUNK);
  for await (const chunk of read(range, () => buffer)) {
    if (signal.aborted) throw new MlfnError('INTERRUPTED', 'Stopped.');
    hash.update(chunk);
  }
  return hash.digest();
}

export function changed(file: string): MlfnError {
  return new MlfnError('AWS_UPLOAD_CHANGED', `${file} changed while it was being sent.`, {
    hint: 'Leave it alone while it is deployed, and run it again.',
    details: { file },
  });
}

/** The part of the SDK's middleware stack that is used here. */
interface Stack {
  addRelativeTo(middleware: (next: Next) => Next, where: { relation: 'after'; toMiddleware: string; name: string }): void;
}
type Next = (args: { request?: unknown }) => Promise<{ response: unknown; output: unknown }>;

/**
 * Gives the command its body below the SDK's retries. The SDK itself does not retry what has a stream for a body, since a
 * stream that was begun is lost; so above this point the request has none, and each attempt opens its own.
 * @param sent told of bytes as they leave, and of the same bytes negatively when their attempt failed
 */
export function streamFile(command: { middlewareStack: unknown }, range: FileRange, sha256: Buffer, sent: (bytes: number) => void): void {
  (command.middlewareStack as Stack).addRelativeTo(
    (next) => async (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      let counted = 0;
      const count = (bytes: number): void => {
        counted += bytes;
        sent(bytes);
      };
      const body = Readable.from(counting(range, count), { objectMode: false, highWaterMark: CHUNK });
      const broken = new Promise<never>((_, reject) => body.once('error', reject));
      request.body = body;
      request.headers['x-amz-content-sha256'] = sha256.toString('hex');
      try {
        return await Promise.race([next(args), broken]);
      } catch (error) {
        sent(-counted);
        throw error;
      } finally {
        request.body = undefined;
        body.destroy();
      }
    },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'streamFile' },
  );
}

async function* counting(range: FileRange, sent: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of read(range, () => Buffer.allocUnsafeSlow(CHUNK))) {
    sent(chunk.length);
    yield chunk;
  }
}
