/** A version that only hands its calls on to another function: templates/python/mlfn_serve/relay.py, in the form that its own function has. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PackageForm } from '../../../types.ts';
import { templatesFolder } from '../../../templates.ts';
import type { ReleaseDraft } from '../../provider.ts';
import { readTraffic } from '../alias.ts';
import type { Code } from '../code.ts';
import type { Session } from '../session.ts';
import { listRecords } from '../storage/records.ts';
import { getFunction, listVersions } from '../versions.ts';
import { noImage } from './twin-plan.ts';
import { zipOfOne } from './zip.ts';

const HANDLER = 'mlfn_serve.relay.handler';
/** Standard library only; of docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html the one with the most time left, as of 3.14, that all regions have. */
const PYTHON = '3.13';
/** MB: a seventh of a CPU. What it does takes some milliseconds of it, and it holds no more than a call and its answer. */
const MEMORY_MB = 256;
/** It outlasts what it waits for, and the start of that: docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (10 s) */
const MORE_SECONDS = 15;
const MOST_SECONDS = 900;
/** docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html */
const STORAGE_MB = 512;

export function relaySize({ settings }: ReleaseDraft) {
  const Timeout = Math.min(settings.timeout + MORE_SECONDS, MOST_SECONDS);
  return { MemorySize: MEMORY_MB, Timeout, EphemeralStorage: { Size: STORAGE_MB } };
}

/** @param form of the function whose version it is. @throws PACKAGE_FIXED */
export async function relayCode(session: Session, name: string, form: PackageForm): Promise<Code> {
  if (form === 'image') return relayImage(session, name);
  // Small enough to be sent with the call: nothing of it is kept in the bucket.
  const ZipFile = zipOfOne('mlfn_serve/relay.py', await readFile(path.join(templatesFolder(), 'python', 'mlfn_serve', 'relay.py')));
  return { form: 'zip', source: { ZipFile }, handler: HANDLER, python: PYTHON, layers: [], sha256: null };
}

/** Every image of mlfn holds the relay: that of the live release, else of the newest, by another command. */
async function relayImage(session: Session, name: string): Promise<Code> {
  const [versions, records, traffic] = await Promise.all([listVersions(session, name), listRecords(session, name), readTraffic(session, name)]);
  const whole = versions.filter(({ release }) => records.some(({ verified, record }) => verified !== null && record.number === release));
  const best = whole.find(({ version }) => version === traffic?.version) ?? whole.at(-1);
  const found = best === undefined ? null : await getFunction(session, name, best.version);
  const ImageUri = found?.Code?.ResolvedImageUri;
  if (ImageUri === undefined) throw noImage(name);
  return { form: 'image', source: { ImageUri }, handler: HANDLER, architecture: found?.Configuration?.Architectures?.[0] ?? null };
}
