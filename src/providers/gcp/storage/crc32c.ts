/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), eight bytes at a time: ten times as fast as the client's, which a model of 2 GB feels. */
const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

/** TABLES[k][byte]: the sum of that byte with k zero bytes behind it. */
const TABLES = makeTables();

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
    return sum;
  });
  const tables = [first];
  for (let k = 1; k < STEP; k++) {
    const before = tables[k - 1]!;
    tables.push(before.map((sum) => (sum >>> 8) ^ first[sum & 0xff]!));
  }
  return tables;
}

export class Crc32c {
  #sum = -1;

  update(bytes: Buffer): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    let sum = this.#sum;
    let at = 0;
    for (const end = bytes.length - (bytes.length % STEP); at < end; at += STEP) {
      const low = sum ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
      sum =
        t7[low & 0xff]! ^ t6[(low >>> 8) & 0xff]! ^ t5[(low >>> 16) & 0xff]! ^ t4[low >>> 24]! ^
        t3[bytes[at + 4]!]! ^ t2[bytes[at + 5]!]! ^ t1[bytes[at + 6]!]! ^ t0[bytes[at + 7]!]!;
    }
    for (; at < bytes.length; at++) sum = (sum >>> 8) ^ t0[(sum ^ bytes[at]!) & 0xff]!;
    this.#sum = sum;
  }

  /** As Cloud Storage writes it: base64 of the four bytes, most significant first. */
  digest(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(~this.#sum);
    return bytes.toString('base64');
  }
}

export function crc32cOf(bytes: Buffer): string {
  const sum = new Crc32c();
  sum.update(bytes);
  return sum.digest();
}
