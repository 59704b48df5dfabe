/** What a plan must know beyond the function itself. Reads only, side by side. */
import type { ReleaseDraft, Stored } from '../provider.ts';
import { type Access, observeAccess } from './access/members.ts';
import { type AccountState, needsOf, observeBuildAccount, observeRuntimeAccount, runtimeEmail } from './access/service-accounts.ts';
import { tellAdopted } from './adoption.ts';
import { isBuiltOf } from './functions/built.ts';
import { type ImagesState, observeImages } from './functions/images.ts';
import { runtimesOf } from './functions/runtimes.ts';
import { observeRepository, type RepositoryState } from './images/repository.ts';
import { hasImage } from './images/versions.ts';
import { isTheirs } from './labels.ts';
import { isOfFunction, see, type Seen } from './observe.ts';
import { keyOf, storedParts } from './parts.ts';
import type { Session } from './session.ts';
import { settingsOf } from './settings.ts';
import { type BucketState, observeBucket } from './storage/bucket.ts';
import { headObject } from './storage/objects.ts';

export interface Ground {
  bucket: BucketState;
  account: AccountState;
  /** Null where nothing is built. */
  build: AccountState | null;
  access: Access | null;
  /** What is there by this name: null when there is nothing. */
  kind: 'function' | 'service' | null;
  /** Whether what is there was somebody else's before mlfn took it over. */
  adopted: boolean;
  /** Parts of the draft that are there already. */
  stored: Stored[];
  /** Null where nothing is built, or nothing has been yet. */
  images: ImagesState | null;
  /** Null where no image is deployed. */
  repository: RepositoryState | null;
  /** Whether releases have images of mlfn's making. */
  imaged: boolean;
  /** Runtimes of the region (`python312`); null where they were not asked for, or may not be. */
  runtimes: string[] | null;
}

export async function survey(session: Session, name: string, draft?: ReleaseDraft): Promise<Ground> {
  const [bucket, seen] = await Promise.all([observeBucket(session), see(session, name)]);
  const { service, function: found, records } = seen;
  const kind = service === null ? (found === null ? null : 'function') : isOfFunction(service) ? 'function' : 'service';
  const adopted = (service !== null || found !== null) && isTheirs({ ...service?.labels, ...found?.labels });
  if (draft !== undefined) tellAdopted(session, name, seen);
  const builds = (draft === undefined ? kind : settingsOf(draft).mode) === 'function';
  const drafts = [...(draft === undefined ? [] : [draft]), ...records.map(({ record }) => record)];
  const [account, build, access, stored, images, runtimes, repository] = await Promise.all([
    // A bucket that is not there lets nobody in.
    bucket.exists ? observeRuntimeAccount(session, name, needsOf(drafts)) : unmade(runtimeEmail(session, name), session.config.serviceAccount),
    builds && draft !== undefined ? observeBuildAccount(session) : null,
    service === null ? null : observeAccess(session, name),
    draft === undefined || !bucket.exists ? [] : partsThere(session, name, draft, seen),
    builds ? observeImages(session) : null,
    builds && draft !== undefined ? runtimesOf(session) : null,
    draft?.image === undefined ? null : observeRepository(session),
  ]);
  const imaged = records.some(({ record }) => record.image !== undefined);
  return { bucket, account, build, access, kind, adopted, stored, images, runtimes, repository, imaged };
}

function unmade(email: string, named: string | undefined): AccountState {
  return { email, own: named !== undefined, exists: named !== undefined, allowed: named !== undefined };
}

async function partsThere(session: Session, name: string, draft: ReleaseDraft, { function: found, records }: Seen): Promise<Stored[]> {
  const isFunction = settingsOf(draft).mode === 'function';
  const parts = storedParts(draft);
  const there = await Promise.all(
    parts.map(async (part) => {
      if (part === 'image') return hasImage(session, name, draft.image?.digest ?? '');
      return part === 'function' && isFunction ? isBuiltOf(found, records, draft) : (await headObject(session, keyOf(name, part, draft))) !== null;
    }),
  );
  return parts.filter((_part, index) => there[index]);
}

