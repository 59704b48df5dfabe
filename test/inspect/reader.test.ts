import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { chunkSource } from '../../src/inspect/bytes/chunk-source.ts';
import { ByteWindow } from '../../src/inspect/bytes/window.ts';
import { NAMES } from '../../src/inspect/pickle/opcodes.ts';
import { OpcodeReader } from '../../src/inspect/pickle/reader.ts';
import { type Kind, Oracle, type OpcodeRow } from './oracle.ts';

const oracle = new Oracle();
afterAll(() => oracle.stop());

async function rowsOf(data: Uint8Array, chunk: number): Promise<OpcodeRow[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < data.length; at += chunk) yield data.subarray(at, at + chunk);
  }
  const reader = new OpcodeReader(new ByteWindow(chunkSource(chunks(), new AbortController().signal)));
  const rows: OpcodeRow[] = [];
  while (await reader.advance()) {
    const name = NAMES[reader.code] ?? '';
    rows.push([name, reader.offset, Array.isArray(reader.arg) ? (reader.arg as [string, string]) : null]);
    if (name === 'STOP') break;
  }
  return rows;
}

describe('opcodes', () => {
  test('are those that pickletools finds, at the same places, whatever the pickle and however it arrives', async () => {
    const plain: Kind[] = ['pickle', 'python', 'optimized'];
    await fc.assert(
      fc.asyncProperty(fc.nat(2 ** 30), fc.integer({ min: 0, max: 5 }), fc.constantFrom(...plain), fc.integer({ min: 1, max: 300_000 }), async (seed, protocol, kind, chunk) => {
        const data = await oracle.make(seed, protocol, kind);
        expect(await rowsOf(data, data.length > 20_000 ? chunk + 500 : chunk)).toEqual(await oracle.opcodes(data));
      }),
      { numRuns: 1_000 },
    );
  });

  test('are all sixty-eight of pickletools', () => {
    expect(NAMES.filter((name) => name !== undefined)).toHaveLength(68);
  });
});
