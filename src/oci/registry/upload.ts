/** One blob on its way into a repository: github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { readJson } from '../../whole-files.ts';
import { changedFile } from '../blobs.ts';
import type { Descriptor } from '../media.ts';
import { refused } from './refusals.ts';
import type { Session } from './session.ts';
import type { Body, Reply } from './transport.ts';

export interface Upload {
  repository: string;
  descriptor: Descriptor;
  /** A file, or bytes made here. */
  source: { file: string } | { bytes: Buffer };
  scopes: readonly string[];
  /** More bytes have left. */
  sent(bytes: number): void;
  /** How far it has come; back again after a break. */
  at(bytes: number): void;
  /** Where the registry begins an upload already. */
  begun?: string | undefined;
}

/** Sent in pieces so large, each of which is asked for again by itself; smaller blobs go whole. */
const PIECE = 32 << 20;
/** Breaks without a byte of progress in between. */
const BREAKS = 6;
/** Breaks of the very first piece, none of which arrived, before the blob is sent whole. */
const UNHEARD = 2;
/** Registries that take blobs whole only: cloud.google.com/artifact-registry/docs/reference/docker-api */
const WHOLE_ONLY = /(^|\.)(pkg\.dev|gcr\.io)$/;
const LONGEST_PAUSE_MS = 5000;
/** What a piece waits for an answer to its head, when the one before broke off: why it did may be heard this time. */
const HEARD_FOR_MS = 1000;

/** @throws OCI_* */
export async function sendBlob(ctx: Context, session: Session, upload: Upload): Promise<void> {
  const { size } = upload.descriptor;
  if (size <= PIECE || WHOLE_ONLY.test(session.registry)) return sendWhole(session, upload);
  const kept = await keptStanding(ctx, session, upload);
  const from = kept === null ? await begun(session, upload) : further(kept, await progressOf(session, upload, kept));
  // A registry that says no is not asked to go on from there again.
  const ended = await sendPieces(ctx, session, upload, from).catch(async (error: unknown) => {
    if (!isBreak(error) && (error as MlfnError).code !== 'INTERRUPTED') await forget(ctx, session, upload);
    throw error;
  });
  await forget(ctx, session, upload);
  if (!ended) await sendWhole(session, { ...upload, begun: await begin(session, upload) });
}

async function begun(session: Session, upload: Upload): Promise<Standing> {
  return { location: upload.begun ?? (await begin(session, upload)), offset: 0 };
}

async function begin(session: Session, { repository, scopes, descriptor }: Upload): Promise<string> {
  const doing = `beginning to send ${descriptor.digest} to ${session.registry}/${repository}`;
  const reply = await session.ask({ method: 'POST', url: `/v2/${repository}/blobs/uploads/`, scopes, doing });
  if (reply.status !== 202) throw await refused(session.registry, doing, reply);
  return locationOf(reply);
}

/** POST and PUT; a break of a small blob is a new try of all of it. */
async function sendWhole(session: Session, upload: Upload): Promise<void> {
  let { begun: known } = upload;
  const { descriptor, scopes, repository } = upload;
  const doing = `sending ${descriptor.digest} to ${session.registry}/${repository}`;
  for (let attempt = 1; ; attempt++) {
    const location = known ?? (await begin(session, upload));
    known = undefined;
    upload.at(0);
    const end = await session
      .ask({ method: 'PUT', url: withDigest(location, descriptor.digest), headers: OCTETS, body: () => bodyOf(upload, 0, descriptor.size), scopes, doing, tries: 1 })
      .catch((error: unknown) => (attempt < BREAKS && isBreak(error) ? null : Promise.reject(error as Error)));
    if (end?.status === 201) {
      end.stream.resume();
      return upload.at(descriptor.size);
    }
    if (end !== null && (end.status < 500 || attempt >= BREAKS)) throw await refused(session.registry, doing, end);
    end?.stream.destroy();
    await pause(Math.min(250 * 2 ** attempt, LONGEST_PAUSE_MS));
  }
}

const OCTETS = { 'content-type': 'application/octet-stream' };

interface Standing {
  location: string;
  /** Bytes that the registry has. */
  offset: number;
}

/** @returns false where the registry takes no pieces */
async function sendPieces(ctx: Context, session: Session, upload: Upload, from: Standing): Promise<boolean> {
  const { descriptor, scopes, repository } = upload;
  const doing = `sending ${descriptor.digest} to ${session.registry}/${repository}`;
  let at = from;
  let furthest = from.offset;
  let misplaced = false;
  for (let breaks = 0; at.offset < descriptor.size; ) {
    upload.at(at.offset);
    await keepStanding(ctx, session, upload, at);
    const next = await sendPiece(session, upload, at, { doing, heardFor: breaks === 0 ? 0 : HEARD_FOR_MS });
    if (next === 'unsupported') return false;
    if (!(next instanceof Error)) {
      at = next;
      misplaced = false;
      if (at.offset > furthest) breaks = 0;
      furthest = Math.max(furthest, at.offset);
      continue;
    }
    breaks += 1;
    if (breaks === BREAKS) throw next instanceof Misplaced ? next.cause : next;
    // Who takes no pieces may hang up before it was heard saying so.
    if (furthest === 0 && breaks === UNHEARD && isBreak(next)) return false;
    await pause(Math.min(250 * 2 ** breaks, LONGEST_PAUSE_MS), undefined, { signal: ctx.signal }).catch(() => undefined);
    if (ctx.signal.aborted) throw new MlfnError('INTERRUPTED', `Stopped while ${doing}; the next push goes on from there.`);
    const told = await progressOf(session, upload, at);
    const anew = () => begun(session, { ...upload, begun: undefined });
    if (next instanceof Misplaced) {
      // It has more or less than it took, and its own word for where it stands counts once.
      at = told === null || told.offset === at.offset || misplaced ? await anew() : told;
      misplaced = true;
    } else if (told === null) {
      // Some tell nothing of an upload, and some give it up when a piece of it was cut: it is tried once more as it is, then begun anew.
      at = isBreak(next) && breaks === 1 ? at : await anew();
    } else {
      at = further(at, told);
    }
  }
  const reply = await session.ask({ method: 'PUT', url: withDigest(at.location, descriptor.digest), scopes, doing });
  if (reply.status !== 201) throw await refused(session.registry, doing, reply);
  reply.stream.resume();
  upload.at(descriptor.size);
  return true;
}

/** 416: the registry stands elsewhere. */
class Misplaced extends Error {}

/**
 * A piece that was taken is there, whatever is said later: ECR tells of the first one only, for ever
 * (github.com/aws/containers-roadmap/issues/2831).
 */
function further(known: Standing, told: Standing | null): Standing {
  return told !== null && told.offset > known.offset ? told : known;
}

/** @returns where it stands now; the error of what may be gone on from */
async function sendPiece(
  session: Session,
  upload: Upload,
  { location, offset }: Standing,
  { doing, heardFor }: { doing: string; heardFor: number },
): Promise<Standing | Error | 'unsupported'> {
  const { descriptor, scopes } = upload;
  const end = Math.min(offset + PIECE, descriptor.size);
  const headers = { ...OCTETS, 'content-range': `${offset}-${end - 1}` };
  try {
    const reply = await session.ask({ method: 'PATCH', url: location, headers, body: () => ({ ...bodyOf(upload, offset, end), heardFor }), scopes, doing, tries: 1 });
    if (reply.status === 202) {
      reply.stream.resume();
      return { location: locationOf(reply), offset: end };
    }
    const error = await refused(session.registry, doing, reply);
    if (offset === 0 && [400, 405, 411, 501].includes(reply.status) && error.code !== 'OCI_DENIED') return 'unsupported';
    if (reply.status === 416) return new Misplaced(error.message, { cause: error });
    if (reply.status >= 500 || reply.status === 404 || reply.status === 429) return error;
    throw error;
  } catch (error) {
    if (!isBreak(error)) throw error;
    return error as Error;
  }
}

function isBreak(error: unknown): boolean {
  return error instanceof MlfnError && error.code === 'OCI_UNREACHABLE';
}

/** How far an upload has come; null where the registry knows nothing of it any more, or cannot tell. */
async function progressOf(session: Session, { scopes, descriptor }: Upload, { location }: Standing): Promise<Standing | null> {
  const reply = await session.ask({ method: 'GET', url: location, scopes, doing: `asking how much of ${descriptor.digest} has arrived` });
  reply.stream.resume();
  if (reply.status !== 204 && reply.status !== 202) return null;
  const offset = offsetOf(reply) ?? 0;
  return offset > descriptor.size ? null : { location: reply.headers.location === undefined ? location : locationOf(reply), offset };
}

/** `Range: 0-499` is 500 bytes; `0-0` is what registries say of none, and of one, which no piece of ours is. */
function offsetOf({ headers }: Reply): number | null {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(String(headers['range'] ?? ''))?.[1];
  if (last === undefined) return null;
  return Number(last) === 0 ? 0 : Number(last) + 1;
}

function locationOf({ headers, url }: Reply): string {
  return new URL(headers.location ?? '', url).href;
}

function withDigest(location: string, digest: string): string {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  return url.href;
}

function bodyOf({ source, sent: told, at }: Upload, start: number, end: number): Body {
  let done = start;
  const sent = (bytes: number) => {
    done += bytes;
    told(bytes);
    at(done);
  };
  if ('bytes' in source) {
    const { bytes } = source;
    return { size: end - start, sent, pieces: (async function* () { yield bytes.subarray(start, end); })() };
  }
  return { size: end - start, sent, pieces: rangeOf(source.file, start, end) };
}

/** The registry compares the digest; that the length is right is for us to see. */
async function* rangeOf(file: string, start: number, end: number): AsyncGenerator<Buffer> {
  let read = start;
  for await (const chunk of createReadStream(file, { start, end: end - 1, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== end) throw changedFile(file);
}

/** An upload outlives the command that began it. Its address is a password of sorts. */
function keptFile(ctx: Context, { registry }: Session, { repository, descriptor }: Upload): string {
  const key = createHash('sha256').update(`${registry}/${repository}@${descriptor.digest}`).digest('hex');
  return path.join(ctx.home.cache, 'oci', 'uploads', key);
}

async function keptStanding(ctx: Context, session: Session, upload: Upload): Promise<Standing | null> {
  const kept = (await readJson(keptFile(ctx, session, upload))) as Standing | null;
  return kept !== null && URL.canParse(kept.location) ? kept : null;
}

async function keepStanding(ctx: Context, session: Session, upload: Upload, at: Standing): Promise<void> {
  const file = keptFile(ctx, session, upload);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(at), { mode: 0o600 });
}

async function forget(ctx: Context, session: Session, upload: Upload): Promise<void> {
  await rm(keptFile(ctx, session, upload), { force: true });
}
