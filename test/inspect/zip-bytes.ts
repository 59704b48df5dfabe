import { crc32, deflateRawSync } from 'node:zlib';

interface Made {
  /** Mode as Unix has it. */
  mode?: number;
  /** What the directory says, where it lies. */
  size?: number;
  deflate?: boolean;
  crc?: number;
  /** Where the directory says that the member begins. */
  offset?: number;
  flags?: number;
}

/** A zip of these members, as honest as is asked for. */
export function zip(members: readonly (readonly [name: string, content: string | Buffer, made?: Made])[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content, made = {}] of members) {
    const bytes = Buffer.from(content as string);
    const packed = made.deflate === true ? deflateRawSync(bytes, { level: 9 }) : bytes;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(made.flags ?? 0x800, 2);
    shared.writeUInt16LE(made.deflate === true ? 8 : 0, 4);
    shared.writeUInt32LE(made.crc ?? crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(made.size ?? bytes.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((made.mode ?? 0o100_644) << 16) >>> 0, 6);
    rest.writeUInt32LE(made.offset ?? offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), shared, rest, Buffer.from(name)]));
    files.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, list, end]);
}
