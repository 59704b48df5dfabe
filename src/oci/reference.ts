/** Names of images in registries: github.com/distribution/reference, the grammar that docker reads. */
import { MlfnError } from '../errors.ts';

export interface Reference {
  /** Host and port, as the user knows it: `docker.io`, `localhost:5000`. */
  registry: string;
  repository: string;
  tag: string | null;
  /** `sha256:...` */
  digest: string | null;
}

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LONGEST = 255;
const HUB = 'docker.io';

/** `python:3.12` is `docker.io/library/python:3.12`. @throws OCI_REFERENCE */
export function parseReference(text: string): Reference {
  const [named = '', digest = null, ...more] = text.split('@');
  if (more.length > 0) throw wrong(text, 'it has two digests');
  if (digest !== null && !DIGEST.test(digest)) throw wrong(text, `${JSON.stringify(digest)} is not sha256: and 64 hexadecimal digits`);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const tag = tagged ? named.slice(colon + 1) : null;
  if (tag !== null && !TAG.test(tag)) throw wrong(text, `${JSON.stringify(tag)} is no tag (letters, digits, ., _ and -, at most 128)`);
  const { registry, repository } = split(tagged ? named.slice(0, colon) : named);
  if (!HOST.test(registry)) throw wrong(text, `${JSON.stringify(registry)} is no host`);
  if (!PATH.test(repository)) throw wrong(text, repository === '' ? 'no repository is named' : `${JSON.stringify(repository)} is no repository (lower-case letters, digits, and . _ - between them)`);
  if (registry.length + repository.length >= LONGEST) throw wrong(text, `it is longer than ${LONGEST} characters`);
  return { registry, repository, tag, digest };
}

/** The first part is a host where it cannot be a part of a repository on Docker Hub. */
function split(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:A-Z]/.test(first) || first === 'localhost';
  const registry = isHost ? first : HUB;
  const repository = isHost ? name.slice(slash + 1) : name;
  if (registry !== HUB && registry !== `index.${HUB}`) return { registry, repository };
  return { registry: HUB, repository: repository.includes('/') ? repository : `library/${repository}` };
}

export function referenceText({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

function wrong(text: string, why: string): MlfnError {
  return new MlfnError('OCI_REFERENCE', `${JSON.stringify(text)} is no name of an image: ${why}.`, {
    hint: 'Write it as HOST/REPOSITORY:TAG, e.g. registry.example.com/team/heart:1.',
    details: { reference: text },
  });
}
