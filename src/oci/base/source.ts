/** Where an image comes from: a registry, or a layout on the disk. Both are asked for documents and blobs by digest. */
import type { Descriptor } from '../media.ts';

export interface Source {
  /** For people: `docker.io/library/python:3.12-slim`, `oci:base:latest`. */
  name: string;
  /** Of a registry: where blobs can be mounted from. */
  registry: { host: string; repository: string } | null;
  /** The document that the name stands for. @throws OCI_BASE_MISSING */
  root(): Promise<Document>;
  /** A small document, compared with its digest. */
  document(descriptor: Descriptor): Promise<Document>;
  /** The file with the bytes, compared with their digest or to be compared by who reads them. */
  blob(descriptor: Descriptor): Promise<string>;
}

export interface Document {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}
