/** What every framework's format has: how it is told by its first bytes, and a reader that fills in its card. */
import type { FileHandle } from 'node:fs/promises';
import type { FrameworkCard } from '../../card.ts';
import type { Finding } from '../../types.ts';
import type { Archive } from '../archive/zip.ts';
import type { View } from '../bytes/view.ts';

export interface OpenFile {
  file: FileHandle;
  /** Absolute. */
  path: string;
  size: number;
  view: View;
  signal: AbortSignal;
}

/** The card while it is filled in: what a damaged file told before it broke is still worth reading. */
export type Draft = Omit<FrameworkCard, 'kind' | 'path' | 'size' | 'safe' | 'damaged'>;

export interface Reader {
  recognise(head: Buffer): boolean;
  /** How the card begins. */
  begins: Pick<Draft, 'format' | 'framework'>;
  /** @throws Malformed */
  read(model: OpenFile, draft: Draft): Promise<void>;
}

/** Formats that are zip archives are told by the names of their members. */
export interface ArchiveReader {
  recognise(names: ReadonlySet<string>): boolean;
  begins: Reader['begins'];
  /** @throws Malformed */
  read(archive: Archive, draft: Draft, signal: AbortSignal): Promise<void>;
}

export function warn(draft: Draft, code: string, message: string, hint: string): void {
  draft.findings.push({ severity: 'warning', code, message, hint } satisfies Finding);
}

/** What makes the model one that is not to be loaded. */
export function refuse(draft: Draft, code: string, message: string, hint: string): void {
  draft.findings.push({ severity: 'error', code, message, hint } satisfies Finding);
}
