/** Images of one function: which are there, which release each is of (its tag, `r003`), and their end. */
import { tagOf } from '../names.ts';
import { gcpCode } from '../errors.ts';
import { lastPart } from '../services.ts';
import type { Session } from '../session.ts';
import { packagePath } from './place.ts';

/** Of a release; other tags are somebody else's. */
const TAG = /^r\d+$/;
/** Most that one answer may have. */
const PAGE = 1000;

interface Tag {
  name: string;
  version: string;
}

export async function hasImage(session: Session, name: string, digest: string): Promise<boolean> {
  const path = `${packagePath(session, name)}/versions/${digest}`;
  return (await orMissing(session.request('artifactregistry', 'GET', path, undefined, 'artifactregistry.versions.get'))) !== null;
}

/** The release's tag on its image; from another one that had the number before, if so. */
export async function tagImage(session: Session, name: string, number: number, digest: string): Promise<void> {
  const own = packagePath(session, name);
  const body = { name: `${own}/tags/${tagOf(number)}`.slice('/v1/'.length), version: `${own}/versions/${digest}`.slice('/v1/'.length) };
  await session.request('artifactregistry', 'POST', `${own}/tags?tagId=${tagOf(number)}`, body, 'artifactregistry.tags.create').catch(async (error: unknown) => {
    if (gcpCode(error) !== 'ALREADY_EXISTS') throw error;
    await session.request('artifactregistry', 'PATCH', `${own}/tags/${tagOf(number)}?updateMask=version`, body, 'artifactregistry.tags.update');
  });
}

/**
 * Takes the tags of these releases away, and images that nobody else's tag is on. What is gone already counts as removed.
 * @param kept digests that other releases run from
 */
export async function removeImages(session: Session, name: string, dropped: readonly { number: number; digest: string }[], kept: ReadonlySet<string>): Promise<void> {
  const own = packagePath(session, name);
  const tags = await listTags(session, name);
  const end = (path: string, permission: string) => orMissing(session.request('artifactregistry', 'DELETE', `${own}/${path}`, undefined, `artifactregistry.${permission}`));
  const stays = (digest: string) => kept.has(digest) || tags.some((each) => each.digest === digest && !TAG.test(each.tag));
  for (const digest of new Set(dropped.map((each) => each.digest))) {
    // Its tags go with it.
    if (!stays(digest)) await end(`versions/${digest}?force=true`, 'versions.delete');
  }
  for (const { number, digest } of dropped) {
    const there = tags.some((each) => each.tag === tagOf(number) && each.digest === digest);
    if (there && stays(digest)) await end(`tags/${tagOf(number)}`, 'tags.delete');
  }
}

async function listTags(session: Session, name: string): Promise<{ tag: string; digest: string }[]> {
  const path = `${packagePath(session, name)}/tags?pageSize=${PAGE}`;
  const found = await orMissing(session.request<{ tags?: Tag[] }>('artifactregistry', 'GET', path, undefined, 'artifactregistry.tags.list'));
  return (found?.tags ?? []).map((each) => ({ tag: lastPart(each.name), digest: lastPart(each.version) }));
}

async function orMissing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (gcpCode(error) === 'NOT_FOUND') return null;
    throw error;
  }
}
