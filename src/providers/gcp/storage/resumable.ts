/**
 * A large file in pieces, one after another as Cloud Storage has it; what an earlier run got across is not sent again.
 * The protocol: docs.cloud.google.com/storage/docs/performing-resumable-uploads
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../../../errors.ts';
import { changed } from '../../file-range.ts';
import type { Progress } from '../../progress.ts';
import { explainGcp } from '../errors.ts';
import type { Session } from '../session.ts';
import { needOf, onBucket, statusOf } from './gcs.ts';
import { keep, takeUp, type Pending } from './pending.ts';
import { fieldsOf, type Sending } from './put.ts';
import type { Outcome } from './upload.ts';
import { ask, type Reply } from './wire.ts';

const MB = 1 << 20;
/**
 * Multiples of 256 KiB but for the last, and 8 MiB or more is advised (#chunked-upload): what is lost with a broken piece is
 * little, as the server keeps what it had of it, and about 64 pieces make the pauses between them short.
 */
const [SMALLEST, LARGEST, USUAL_COUNT] = [8 * MB, 64 * MB, 64];
/** Tries without any progress, with pauses between them of 0.5 to 16 s: a minute in all. */
const TRIES = 7;
const FIRST_PAUSE_MS = 500;
/** Failures after which the same command goes on with the same upload. Any other gives it up. */
const PASSING: readonly string[] = ['INTERRUPTED', 'GCP_UNREACHABLE', 'GCP_QUOTA', 'GCP_CREDENTIALS_EXPIRED'];
const PERMISSION = 'storage.objects.create';

export function pieceSize(bytes: number): number {
  return Math.ceil(Math.min(Math.max(bytes / USUAL_COUNT, SMALLEST), LARGEST) / MB) * MB;
}

export async function putInPieces(session: Session, sending: Sending, progress: Progress): Promise<Outcome> {
  const left = await takeUp(session, sending);
  let pending = left;
  try {
    pending ??= await begin(session, sending);
    const outcome = await new Run(session, sending, pending.uri, progress).finish(left !== null);
    await pending.forget();
    return outcome;
  } catch (error) {
    if (statusOf(error) === 412) return 'taken';
    if (isPassing(error)) pending?.release();
    else if (pending !== null) await giveUp(session, pending);
    throw error;
  }
}

async function begin(session: Session, sending: Sending): Promise<Pending> {
  const { key, size, before } = sending;
  const metadata = { ...fieldsOf(sending), contentLength: size };
  const [uri] = await onBucket(session, { permission: PERMISSION, key, expected: [412] }, (bucket) =>
    bucket.file(key).createResumableUpload({ metadata, preconditionOpts: { ifGenerationMatch: before } }),
  );
  return keep(session, sending, uri);
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof MlfnError)) return false;
  return PASSING.includes(error.code) || ['INTERNAL', 'UNAVAILABLE'].includes(String(error.details['gcp']));
}

/** Tells Cloud Storage, as far as it listens, that nothing more comes. */
async function giveUp({ ctx }: Session, pending: Pending): Promise<void> {
  await ask({ method: 'DELETE', uri: pending.uri, headers: {}, signal: ctx.signal }).catch(() => undefined);
  await pending.forget();
}

class Run {
  /** Bytes that the server has. */
  #kept = 0;
  /** Bytes that the progress has been told of. */
  #told = 0;

  constructor(
    readonly session: Session,
    readonly sending: Sending,
    readonly uri: string,
    readonly progress: Progress,
  ) {}

  /** @param resumed the server may have some of it, from an earlier run */
  async finish(resumed: boolean): Promise<Outcome> {
    let failures = 0;
    for (let [inDoubt, first] = [resumed, resumed]; ; ) {
      const before = this.#kept;
      try {
        const reply = inDoubt ? await this.#question() : await this.#piece();
        const outcome = await this.#understand(reply, first);
        if (outcome !== null) return outcome;
        [inDoubt, first] = [false, false];
        if (this.#kept > before) failures = 0;
        else if (++failures >= TRIES) throw new MlfnError('GCP_UNREACHABLE', 'Cloud Storage takes no more bytes of the upload.', { hint: 'Run the same command again.' });
      } catch (error) {
        if (!isTransient(error) || ++failures >= TRIES) throw explainGcp(error, needOf(this.session, PERMISSION, this.sending.key));
        inDoubt = true;
        // What may be lost is taken back; the server's answer to the question gives back what is not.
        this.#settle(this.#kept, false);
        await this.#pause(failures);
      }
    }
  }

  #piece(): Promise<Reply> {
    const { file, size: total } = this.sending;
    const start = this.#kept;
    const size = Math.min(pieceSize(total), total - start);
    // Nothing is left to send when the answer to the last piece was lost: the question ends the upload as well.
    if (size === 0) return this.#question();
    return ask({
      method: 'PUT',
      uri: this.uri,
      headers: { 'content-range': `bytes ${start}-${start + size - 1}/${total}` },
      range: { file, start, size, changedCode: 'GCP_UPLOAD_CHANGED' },
      sent: (bytes) => {
        this.#told += bytes;
        this.progress.add(bytes);
      },
      signal: this.session.ctx.signal,
    });
  }

  /** How far it has come. */
  #question(): Promise<Reply> {
    const headers = { 'content-range': `bytes */${this.sending.size}` };
    return ask({ method: 'PUT', uri: this.uri, headers, signal: this.session.ctx.signal });
  }

  /** Null: it goes on. */
  async #understand(reply: Reply, first: boolean): Promise<Outcome | null> {
    const { status } = reply;
    if (status === 200 || status === 201) {
      this.#settle(this.sending.size, first);
      return 'done';
    }
    if (status === 308) {
      // No Range: nothing has come.
      this.#settle(Number(/-(\d+)$/.exec(String(reply.headers['range'] ?? ''))?.[1] ?? -1) + 1, first);
      return null;
    }
    if (status === 412) return 'taken';
    if (status === 404 || status === 410) {
      this.#settle(0, first);
      return 'lost';
    }
    if (status === 400 && /crc32c/i.test(reply.body)) throw changed(this.sending.file, 'GCP_UPLOAD_CHANGED');
    throw refusal(reply);
  }

  /** The server's word counts, not what has left this machine. */
  #settle(kept: number, first: boolean): void {
    if (first) this.progress.skip(kept);
    else this.progress.add(kept - this.#told);
    this.#kept = kept;
    this.#told = kept;
  }

  async #pause(failures: number): Promise<void> {
    await pause(FIRST_PAUSE_MS * 2 ** (failures - 1) * (0.75 + Math.random() / 2), undefined, { signal: this.session.ctx.signal });
  }
}

/** docs.cloud.google.com/storage/docs/retry-strategy: these, and broken connections. */
function isTransient(error: unknown): boolean {
  if (error instanceof MlfnError || (error as Error).name === 'AbortError') return false;
  const status = statusOf(error);
  return status === 408 || status === 429 || status >= 500 || status === 0;
}

function refusal({ status, body }: Reply): Error {
  let said: { message?: string } | undefined;
  try {
    said = (JSON.parse(body) as { error?: { message?: string } }).error;
  } catch {
    // Proxies answer with pages.
  }
  return Object.assign(new Error(said?.message ?? `the answer was ${status}`), { code: status, response: { status, data: { error: said } } });
}
