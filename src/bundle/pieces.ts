/** An entry's bytes, compared with its digest on the way. */
import type { Context } from '../events.ts';
import type { Entry } from '../types.ts';
import { PIECE, readPieces, readWhole } from './zip-data.ts';

/** Each piece is to be used before the next is asked for. @throws BUNDLE_CHANGED | BUNDLE_UNREADABLE | INTERRUPTED */
export async function* piecesOf(ctx: Context, entry: Entry): AsyncGenerator<Uint8Array> {
  const { source, size } = entry;
  if ('bytes' in source) yield source.bytes;
  else if (size <= PIECE) yield readWhole(source.file, entry, Buffer.allocUnsafe(size + 1));
  else {
    const buffer = Buffer.allocUnsafe(PIECE);
    yield* readPieces(ctx, source.file, entry, () => buffer);
  }
}
