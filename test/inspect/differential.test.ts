import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { MlfnError } from '../../src/errors.ts';
import { Folder } from './cards.ts';
import { Crash, type Kind, Oracle } from './oracle.ts';
import { ARRAY, dtype, join, proto } from './pickle-bytes.ts';

const oracle = new Oracle();
const folder = new Folder();
afterAll(async () => {
  await oracle.stop();
  folder.remove();
});

const examples = path.join(import.meta.dirname, '../../examples');
const model = (name: string): Buffer => readFileSync(path.join(examples, name));
const SEEDS = ['logit/model.pkl', 'heart-disease/model.joblib', 'height/model.joblib', 'knn-digits/model.joblib', 'custom-class-main/model.joblib'].map(model);
const KINDS: Kind[] = ['pickle', 'python', 'optimized', 'joblib', 'zlib', 'gzip', 'bz2', 'lzma', 'xz'];

/**
 * A safe card lists every name that Python would look up, when the file is loaded as the card's format says: joblib
 * reads both formats, pickle only its own. And Python lives on.
 */
async function check(bytes: Buffer): Promise<'safe' | 'refused' | 'no model'> {
  const card = await folder.card(bytes);
  if (card instanceof MlfnError) {
    expect(card.kind).toBe('model');
    return 'no model';
  }
  if (!card.safe) {
    expect(card.findings.filter(({ severity }) => severity === 'error')).not.toHaveLength(0);
    return 'refused';
  }
  const listed = new Set(card.globals.map(({ module, name }) => `${module} ${name}`));
  const { pickle, joblib } = await oracle.trace(bytes).catch((error: unknown) => { throw error instanceof Crash ? kept(bytes, error) : error; });
  const names = card.format === 'pickle' ? [...pickle, ...joblib] : joblib;
  expect(names.filter(([module, name]) => !listed.has(`${module} ${name}`))).toEqual([]);
  return 'safe';
}

/** The file stays, to be looked at; the seed is told by fast-check. */
function kept(bytes: Buffer, { message }: Crash): Error {
  const file = path.join(os.tmpdir(), `mlfn-crash-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`);
  writeFileSync(file, bytes);
  return new Error(`${message} It was loading ${file}, whose card is safe.`);
}

type Edit = [place: number, kind: 'set' | 'insert' | 'delete' | 'repeat' | 'splice', value: number, length: number];
const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.nat(999_999).map((place) => place / 1_000_000),
  fc.constantFrom('set', 'insert', 'delete', 'repeat', 'splice'),
  // Opcodes more often than other bytes.
  fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('(.012FIJKLMNPQRSTUVXabcde}ghijlopqrstu)]G\x80\x81\x85\x86\x87\x8c\x8f\x90\x91\x92\x93\x94\x95\x96', 'latin1'))),
  fc.integer({ min: 1, max: 60 }),
);

function mutate(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let out = bytes;
  for (const [place, kind, value, length] of edits) {
    const at = Math.floor(place * out.length);
    const from = (value * 131) % Math.max(1, out.length);
    const middle = kind === 'set' || kind === 'insert' ? Buffer.of(value) : kind === 'delete' ? Buffer.alloc(0) : kind === 'repeat' ? out.subarray(at, at + length) : out.subarray(from, from + length);
    const skip = kind === 'set' || kind === 'splice' ? middle.length : kind === 'delete' ? Math.min(length, 4) : 0;
    out = Buffer.concat([out.subarray(0, at), middle, out.subarray(at + skip)]);
  }
  return out;
}

const seen = (results: Map<string, number>, result: string): void => void results.set(result, (results.get(result) ?? 0) + 1);

describe('differential', () => {
  test('a crash of Python is told, and the next question is answered', async () => {
    const beyond = join(proto(4), ARRAY, '(K\x01J\0\0\x40\0\x85', dtype('O8'), '\x89](K\x01K\x02etb.');
    await expect(oracle.trace(beyond)).rejects.toThrow(Crash);
    expect(await oracle.trace(join(proto(4), 'N.'))).toMatchObject({ pickle: [], joblib: [], outcomes: [null, null, null] });
    expect(await check(beyond)).toBe('refused');
  });

  test('whatever Python pickles, plain or by joblib, is followed to its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2 ** 30), fc.integer({ min: 0, max: 5 }), fc.constantFrom(...KINDS), async (seed, protocol, kind) => {
        const bytes = await oracle.make(seed, protocol, kind);
        const card = await folder.card(bytes);
        expect(card).not.toBeInstanceOf(MlfnError);
        expect('findings' in card && card.findings.filter(({ code, severity }) => severity === 'error' && code !== 'no-estimator')).toEqual([]);
        expect(await check(bytes)).toBe('safe');
      }),
      { numRuns: 600 },
    );
  });

  test('a damaged file is refused, or names only what its card lists', async () => {
    const results = new Map<string, number>();
    const base = fc.oneof(
      fc.constantFrom(...SEEDS),
      fc.tuple(fc.nat(2 ** 30), fc.integer({ min: 0, max: 5 })),
    );
    await fc.assert(
      fc.asyncProperty(base, fc.array(edit, { minLength: 1, maxLength: 4 }), async (from, edits) => {
        const bytes = Buffer.isBuffer(from) ? from : await oracle.make(from[0], from[1], from[0] % 2 === 0 ? 'pickle' : 'joblib');
        seen(results, await check(mutate(bytes, edits)));
      }),
      { numRuns: 3_000 },
    );
    // The property would hold of a reader that refuses everything.
    expect(results.get('safe')).toBeGreaterThan(50);
    expect(results.get('refused')).toBeGreaterThan(50);
  });

  test('a program of random opcodes is refused, or names only what its card lists', async () => {
    const results = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 40 }), fc.boolean(), async (steps, framed) => {
        const body = Buffer.from(`${steps.join('')}.`, 'latin1');
        const frame = Buffer.alloc(9, 0x95);
        frame.writeBigUInt64LE(BigInt(body.length), 1);
        const bytes = Buffer.concat([Buffer.of(0x80, 4), ...(framed ? [frame] : []), body]);
        seen(results, await check(bytes));
      }),
      { numRuns: 4_000 },
    );
    expect(results.get('safe')).toBeGreaterThan(50);
  });
});

const text = (value: string): string => `\x8c${String.fromCharCode(value.length)}${value}`;
/** Pieces of pickles that do something with names, arrays and the memo, whole or in parts. */
const STEPS = [
  'N', 'K\x01', 'K\x02', '(', '0', '1', '2', ')', ']', '}', '\x8f', 'a', 'e', 's', 'u', 't', 'd', 'l', '\x85', '\x86', '\x87', '\x90', '\x91',
  '\x94', 'q\x00', 'q\x01', 'q\x05', 'h\x00', 'h\x01', 'h\x02', 'h\x03', 'h\x05', 'p1\n', 'g1\n', '\x80\x02', '\x80\x04', '\x95\x03\0\0\0\0\0\0\0',
  'R', '\x81', '\x92', 'o', 'b', '\x93', 'C\x02ab', 'Va\\u0062\n', "S'ab'\n", 'I01\n', 'L3L\n',
  text('numpy'), text('dtype'), text('numpy\x93') , text('collections'), text('OrderedDict'), text('os'), text('system'),
  `${text('numpy')}${text('dtype')}\x93`, `${text('collections')}${text('OrderedDict')}\x93)R`, 'cnumpy\ndtype\n', 'ccollections\nOrderedDict\n', 'icollections\nOrderedDict\n',
  'cbuiltins\nobject\n', 'ccopyreg\n_reconstructor\n', 'c__builtin__\nset\n', '(cbuiltins\ncomplex\no',
  'cjoblib.numpy_pickle\nNumpyArrayWrapper\n', 'cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81', 'cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81\x94',
  `}(${text('subclass')}cnumpy\nndarray\n${text('shape')}K\x02\x85${text('order')}${text('C')}${text('dtype')}cnumpy\ndtype\n${text('u1')}\x89\x88\x87R(K\x03${text('|')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb${text('allow_mmap')}\x88u`,
  'bN.', 'bcos\nsystem\n', 'bcc', '\x00\x00',
];
