import type { FileHandle } from 'node:fs/promises';
import { chunkSource } from '../bytes/chunk-source.ts';
import { fileSource } from '../bytes/file-source.ts';
import { type ByteSource, ByteWindow } from '../bytes/window.ts';
import type { ModelFileCard } from '../../card.ts';
import { bunzip2 } from './bz2.ts';
import { inflate } from './deflate.ts';
import { unlzma } from './lzma.ts';
import { unxz } from './xz.ts';

export type Compression = ModelFileCard['compression'];

const DECOMPRESSORS = { zlib: inflate, gzip: inflate, bz2: bunzip2, lzma: unlzma, xz: unxz };

/** The file's content as Python would read it. What follows the compressed stream is an error, not a second model. */
export function contentSource(file: FileHandle, size: number, compression: Compression, signal: AbortSignal): ByteSource {
  const raw = fileSource(file, size, signal);
  if (compression === 'none') return raw;
  return chunkSource(DECOMPRESSORS[compression](new ByteWindow(raw)), signal);
}
