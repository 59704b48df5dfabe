/**
 * A document that belongs to an image, as an artifact that refers to it: github.com/opencontainers/distribution-spec/blob/main/spec.md
 * #pushing-manifests-with-subject. Only where the registry lists such (its referrers API): elsewhere a client would have to keep the list
 * itself, under a tag beside the image's own that stays when the image goes.
 */
import type { Context } from '../../events.ts';
import { json } from '../base/layout.ts';
import type { Image } from '../image.ts';
import { type Descriptor, descriptorOf, indexSchema, MEDIA } from '../media.ts';
import { type Reference, referenceText } from '../reference.ts';
import { Pusher } from './push.ts';
import type { Session } from './session.ts';
import { textOf } from './transport.ts';

export interface Attachment {
  mediaType: string;
  /** Name of the file, for who fetches it. */
  title: string;
  bytes: Buffer;
}

/** github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor */
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };

/** @returns by which it is fetched, `HOST/REPOSITORY@sha256:...`; null where the registry lists no referrers. @throws OCI_* */
export async function attach(ctx: Context, session: Session, { manifest: subject }: Pick<Image, 'manifest'>, to: Reference, attachment: Attachment): Promise<string | null> {
  const there = await referrers(session, to.repository, subject.digest);
  if (there === null) return null;
  const config = descriptorOf(EMPTY.mediaType, EMPTY.bytes);
  const content = descriptorOf(attachment.mediaType, attachment.bytes);
  const bytes = documentOf(attachment, { config, content, subject });
  const manifest = descriptorOf(MEDIA.manifest.oci, bytes);
  const place = { ...to, tag: null, digest: manifest.digest };
  if (there.includes(manifest.digest)) return referenceText(place);
  const parts = [{ descriptor: config, bytes: EMPTY.bytes }, { descriptor: content, bytes: attachment.bytes }];
  const pusher = new Pusher(ctx, session, place, parts.map((part) => ({ descriptor: part.descriptor, source: async () => ({ bytes: part.bytes }), from: null })), null);
  await pusher.run();
  await pusher.name({ manifest, bytes: { manifest: bytes } });
  return referenceText(place);
}

function documentOf({ mediaType, title }: Attachment, { config, content, subject }: Record<'config' | 'content' | 'subject', Descriptor>): Buffer {
  const annotations = { 'org.opencontainers.image.title': title };
  const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest.oci, artifactType: mediaType, config, layers: [{ ...content, annotations }], subject };
  return Buffer.from(JSON.stringify(manifest));
}

/** Digests of what refers to it; null where the registry does not tell. What is no index of images counts as that. */
async function referrers(session: Session, repository: string, digest: string): Promise<string[] | null> {
  const doing = `asking ${session.registry}/${repository} what refers to ${digest}`;
  const reply = await session.ask({ method: 'GET', url: `/v2/${repository}/referrers/${digest}`, headers: { accept: MEDIA.index.oci }, scopes: [`repository:${repository}:pull,push`], doing });
  const text = await textOf(reply);
  const read = reply.status === 200 ? indexSchema.safeParse(json(text.toString())) : null;
  return read?.data?.manifests.map((each) => each.digest) ?? null;
}
