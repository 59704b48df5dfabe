/**
 * Resumable uploads as Cloud Storage holds them; fake-gcs-server appends whatever comes, forgets the checksum after the first
 * chunk, and answers a question about a session by completing it. Sources: docs.cloud.google.com/storage/docs/resumable-uploads
 * and performing-resumable-uploads; Google's own github.com/googleapis/storage-testbench (testbench/rest_server.py).
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, createReadStream, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Answer, invalid, refused } from './refusal.ts';

/** "The size must be a multiple of 256 KiB" for every chunk but the last; what a cut chunk leaves is cut to it as well. */
const QUANTUM = 256 * 1024;
/** `0-*` with a body: all of it, of a length that was not known when it began. */
const RANGE = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/;

interface Session {
  /** The query of the request that began it: its conditions hold at the end. */
  query: URLSearchParams;
  metadata: Record<string, unknown>;
  contentType: string;
  /** What has come so far. */
  file: string;
  /** Once it is complete: what every further question is answered with. */
  final?: Answer;
}

/** Stores the whole as one object: a multipart upload of the server behind. */
export type Store = (query: string, contentType: string, body: Readable, length: number) => Promise<Answer>;

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #gone = new Set<string>();

  constructor(
    readonly folder: string,
    readonly store: Store,
  ) {}

  /** `origin`: of the request, so that a proxy between stays between. */
  start(bucket: string, query: URLSearchParams, contentType: string, body: Buffer, origin: string): Answer {
    const metadata = JSON.parse(body.toString() || '{}') as Record<string, unknown>;
    const name = query.get('name') ?? (metadata['name'] as string | undefined) ?? '';
    if (name === '') return refused({ status: 400, code: 'required', message: 'Required' });
    const id = randomUUID();
    const file = path.join(this.folder, id);
    writeFileSync(file, '');
    query.set('name', name);
    this.#sessions.set(id, { query, metadata: { ...metadata, name }, contentType, file });
    const place = `${origin}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}&upload_id=${id}`;
    return { status: 200, headers: { location: place, 'content-length': '0', 'x-guploader-uploadid': id }, body: '' };
  }

  /** The server forgets it: 410 from now on. */
  expire(id: string): void {
    this.#drop(id);
    this.#gone.add(id);
  }

  /** Of those that are on their way. */
  ids(): string[] {
    return [...this.#sessions].filter(([, { final }]) => final === undefined).map(([id]) => id);
  }

  cancel(id: string): Answer {
    if (!this.#sessions.has(id)) return this.#unknown(id);
    this.expire(id);
    return { status: 499, headers: { 'content-length': '0' }, body: '' };
  }

  /** Bytes that a session on its way keeps. */
  kept(id: string): number {
    const session = this.#sessions.get(id);
    return session === undefined || session.final !== undefined ? 0 : statSync(session.file).size;
  }

  /** `cut`: the connection broke in the middle of the body. */
  async put(id: string, contentRange: string | undefined, body: Buffer, hash: string | undefined, cut: boolean): Promise<Answer> {
    const session = this.#sessions.get(id);
    if (session === undefined) return this.#unknown(id);
    if (session.final !== undefined) return session.final;
    const [matched, first, last, total = '*'] = RANGE.exec(contentRange ?? `bytes 0-${body.length - 1}/${body.length}`) ?? [];
    if (matched === undefined) return refused(invalid(`Invalid Content-Range: ${contentRange}`));
    const kept = statSync(session.file).size;
    if (first === undefined || last === undefined) return total === String(kept) && !cut ? this.#finish(id, session, hash) : incomplete(kept);
    const start = Number(first);
    const end = last === '*' ? start + body.length : Number(last) + 1;
    if (start > kept) return refused({ status: 503, code: 'backendError', message: `Invalid request. The offset ${start} is past the ${kept} bytes that were received.` });
    const isLast = total === String(end) || last === '*';
    if (!cut && body.length !== end - start) return refused(invalid('Content-Length does not match Content-Range.'));
    if (!isLast && !cut && (end - start) % QUANTUM !== 0) return refused(invalid('The chunk size must be a multiple of 256 KiB.'));
    // What was sent again and is there already is ignored: docs.../resumable-uploads#resent-data
    const fresh = body.subarray(kept - start);
    appendFileSync(session.file, cut ? fresh.subarray(0, Math.floor((kept + fresh.length) / QUANTUM) * QUANTUM - kept) : fresh);
    const now = statSync(session.file).size;
    return isLast && now === end ? this.#finish(id, session, hash) : incomplete(now);
  }

  async #finish(id: string, session: Session, hash: string | undefined): Promise<Answer> {
    const sums = Object.fromEntries([...(hash ?? '').matchAll(/(crc32c|md5)=([^,]+)/g)].map(([, name, sum]) => [name === 'md5' ? 'md5Hash' : 'crc32c', sum]));
    const boundary = `gate${randomUUID()}`;
    const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ ...session.metadata, ...sums })}\r\n` +
      `--${boundary}\r\ncontent-type: ${session.contentType}\r\n\r\n`;
    const tail = `\r\n--${boundary}--\r\n`;
    const { file } = session;
    const parts = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(head);
      yield* createReadStream(file) as AsyncIterable<Buffer>;
      yield Buffer.from(tail);
    };
    session.query.set('uploadType', 'multipart');
    const length = Buffer.byteLength(head) + statSync(file).size + Buffer.byteLength(tail);
    const answer = await this.store(session.query.toString(), `multipart/related; boundary=${boundary}`, Readable.from(parts()), length);
    // A session that was refused its end is over; one that is complete says so for as long as it is known.
    if (answer.status === 200) session.final = answer;
    else this.expire(id);
    rmSync(file, { force: true });
    return answer;
  }

  #drop(id: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) rmSync(session.file, { force: true });
    this.#sessions.delete(id);
  }

  #unknown(id: string): Answer {
    const [status, code, message] = this.#gone.has(id) ? ([410, 'gone', 'Gone'] as const) : ([404, 'notFound', 'Not Found'] as const);
    return refused({ status, code, message });
  }
}

/** 308 without a Range: nothing has come. */
function incomplete(kept: number): Answer {
  return { status: 308, headers: { 'content-length': '0', ...(kept === 0 ? {} : { range: `bytes=0-${kept - 1}` }) }, body: '' };
}
