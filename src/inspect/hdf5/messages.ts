/** The messages of an object header (HDF5 File Format Specification 3.0, IV.A.1), of both versions, with what continues them. */
import { Malformed } from '../bytes/malformed.ts';
import { type Hdf5, partOf, requiredAt } from './numbers.ts';

export interface Message {
  type: number;
  body: Buffer;
}

const CONTINUATION = 0x10;
const MOST_BLOCKS = 1000;
const MOST_MESSAGES = 100_000;

interface Block {
  bytes: Buffer;
  at: number;
  /** Past its last message. */
  end: number;
}

/** Message heads: version 1 has them in eight bytes, version 2 in four, or six where it counts the order of creation. */
interface Layout {
  version: 1 | 2;
  head: number;
}

/** @throws Malformed */
export async function messagesOf(file: Hdf5, address: number): Promise<Message[]> {
  const { layout, first } = await headerAt(file, address);
  const messages: Message[] = [];
  const blocks = [first];
  for (let index = 0; index < blocks.length; index += 1) {
    if (blocks.length > MOST_BLOCKS || messages.length > MOST_MESSAGES) throw new Malformed('too-complex', 'An object header of the HDF5 file does not end.', address);
    for (const message of messagesIn(blocks[index]!, layout)) {
      if (message.type === CONTINUATION) blocks.push(await continuation(file, message.body, layout));
      else messages.push(message);
    }
  }
  return messages;
}

async function headerAt(file: Hdf5, address: number): Promise<{ layout: Layout; first: Block }> {
  const { view, base } = file;
  const at = base + address;
  const head = await view.bytes(at, 16);
  if (head.toString('latin1', 0, 4) !== 'OHDR') {
    if (head[0] !== 1) throw new Malformed('corrupt', 'There is no object header where the HDF5 file says that there is one.', at);
    const size = head.readUInt32LE(8);
    return { layout: { version: 1, head: 8 }, first: { bytes: await view.bytes(at + 16, size), at: 0, end: size } };
  }
  if (head[4] !== 2) throw new Malformed('corrupt', `An object header is of the unknown version ${head[4]}.`, at);
  const flags = head[5] ?? 0;
  const width = 2 ** (flags & 3);
  // Times of four kinds, then how many attributes are kept in which way.
  const sizeAt = 6 + ((flags & 0x20) === 0 ? 0 : 16) + ((flags & 0x10) === 0 ? 0 : 4);
  const size = requiredAt(await view.bytes(at, sizeAt + width), sizeAt, width);
  return { layout: { version: 2, head: (flags & 4) === 0 ? 4 : 6 }, first: { bytes: await view.bytes(at + sizeAt + width, size), at: 0, end: size } };
}

/** Blocks of version 2 begin with `OCHK` and end with a checksum. */
async function continuation({ view, base, offsets, lengths }: Hdf5, body: Buffer, { version }: Layout): Promise<Block> {
  const at = base + requiredAt(body, 0, offsets);
  const size = requiredAt(body, offsets, lengths);
  const bytes = await view.bytes(at, size);
  if (version === 1) return { bytes, at: 0, end: size };
  if (bytes.toString('latin1', 0, 4) !== 'OCHK') throw new Malformed('corrupt', 'An object header of the HDF5 file goes on where none is.', at);
  return { bytes, at: 4, end: size - 4 };
}

function* messagesIn({ bytes, at: start, end }: Block, { version, head }: Layout): Generator<Message> {
  for (let at = start; at + head <= end; ) {
    const size = version === 1 ? bytes.readUInt16LE(at + 2) : bytes.readUInt16LE(at + 1);
    const type = version === 1 ? bytes.readUInt16LE(at) : (bytes[at] ?? 0);
    yield { type, body: partOf(bytes, at + head, size) };
    at += head + size;
  }
}
