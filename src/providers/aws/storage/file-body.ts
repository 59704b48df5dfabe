/** A range of a file as the body of a request: streamed, and opened again for every attempt of the SDK's retries. */
import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import { CHUNK, read, type FileRange } from '../../file-range.ts';

/** The part of the SDK's middleware stack that is used here. */
interface Stack {
  addRelativeTo(middleware: (next: Next) => Next, where: { relation: 'after'; toMiddleware: string; name: string }): void;
}
type Next = (args: { request?: unknown }) => Promise<{ response: unknown; output: unknown }>;

/** From here on S3 is asked before the bytes are sent: a refusal costs a round trip, not the whole body. */
const ASK_FIRST = 1 << 20;
/** As curl waits; a server that knows nothing of the question says nothing. */
const ANSWER_MS = 1000;

/**
 * Gives the command its body below the SDK's retries. The SDK itself does not retry what has a stream for a body, since a
 * stream that was begun is lost; so above this point the request has none, and each attempt opens its own.
 * @param sent told of bytes as they leave, and of the same bytes negatively when their attempt failed
 */
export function streamFile(command: { middlewareStack: unknown }, range: FileRange, sha256: Buffer, sent: (bytes: number) => void): void {
  (command.middlewareStack as Stack).addRelativeTo(
    (next) => async (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      const body = new FileBody(range, sent);
      const broken = new Promise<never>((_, reject) => body.once('error', reject));
      request.body = body;
      request.headers['x-amz-content-sha256'] = sha256.toString('hex');
      if (range.size >= ASK_FIRST) request.headers['Expect'] = '100-continue';
      try {
        return await Promise.race([next(args), broken]);
      } catch (error) {
        body.giveUp();
        throw error;
      } finally {
        request.body = undefined;
        body.destroy();
      }
    },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'streamFile' },
  );
}

/** Knows the request that it is piped into, which the SDK hands to nobody. */
class FileBody extends Readable {
  readonly #pieces: AsyncGenerator<Buffer>;
  readonly #sent: (bytes: number) => void;
  #counted = 0;
  #over = false;
  #destination: ClientRequest | undefined;
  #asked: Promise<void> | undefined;

  constructor(
    readonly range: FileRange,
    sent: (bytes: number) => void,
  ) {
    super({ highWaterMark: CHUNK });
    this.#pieces = read(range, () => Buffer.allocUnsafeSlow(CHUNK));
    this.#sent = sent;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.#destination = destination as unknown as ClientRequest;
    if (this.range.size >= ASK_FIRST) this.#asked = answered(this.#destination);
    return super.pipe(destination);
  }

  override _read(): void {
    this.#next().catch((error: Error) => this.destroy(error));
  }

  async #next(): Promise<void> {
    await this.#asked;
    const { value, done } = await this.#pieces.next();
    // A piece that was being read when the attempt was given up goes nowhere.
    if (this.#over) return;
    if (done === true) return void this.push(null);
    this.#counted += value.length;
    this.#sent(value.length);
    this.push(value);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    void this.#end();
    callback(error);
  }

  /** Closes the file. */
  async #end(): Promise<void> {
    await this.#pieces.return(undefined);
  }

  /** What has left counts no more, and a connection with half a body on it is of no use to anyone. */
  giveUp(): void {
    this.#over = true;
    this.#sent(-this.#counted);
    this.#destination?.destroy();
  }
}

/** The word to go on, or none. After a refusal the request ends, and its body is never read. */
function answered(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ANSWER_MS);
    for (const event of ['continue', 'close']) {
      request.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}
