import { afterAll, describe, expect, test } from 'vitest';
import { MlfnError } from '../../src/errors.ts';
import { assertSafe } from '../../src/inspect/index.ts';
import { Folder } from './cards.ts';
import { EVASIONS } from './evasions.ts';
import { MALICIOUS } from './malicious.ts';
import { dtype, global, join, proto, stackGlobal } from './pickle-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** Findings about what a pickle does, which always say where. */
const COMPUTED = new Set(['huge-allocation', 'forbidden-call', 'undetermined', 'memo-trick']);

describe('malicious files', () => {
  test.each([...MALICIOUS, ...EVASIONS])('%s', async (_name, bytes, code) => {
    const card = await folder.card(bytes);
    if (card instanceof MlfnError) throw card;
    expect(card.safe).toBe(false);
    const errors = card.findings.filter(({ severity }) => severity === 'error');
    expect(errors.map((finding) => finding.code)).toContain(code);
    expect(errors.filter((finding) => finding.code === code && COMPUTED.has(code) && finding.offset === undefined)).toEqual([]);
    const refused = catchError(() => assertSafe(card, { trust: false }));
    expect(refused).toBeInstanceOf(MlfnError);
    expect((refused as MlfnError).kind).toBe('model');
  });

  test('what embeds code is told apart, with what to do instead', async () => {
    const card = await folder.card(join(proto(4), stackGlobal('cloudpickle.cloudpickle', '_make_function'), ')R.'));
    expect(card).toMatchObject({ safe: false, findings: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining('byte code in the file'), hint: expect.stringContaining('.py file beside the model') })]) });
  });

  test('a forbidden name is told with its place', async () => {
    const card = await folder.card(Buffer.from("I1\n0cos\nsystem\n(S'id'\ntR."));
    expect(card).toMatchObject({
      safe: false,
      globals: [{ module: 'os', name: 'system', offset: 4, origin: 'forbidden' }],
      findings: [{ severity: 'error', code: 'forbidden-global', offset: 4 }, { code: 'no-estimator' }],
    });
  });

  test('a file os.py beside the model does not make os its own', async () => {
    folder.write('os.py', 'def system(command):\n    pass\n');
    const card = await folder.card(Buffer.from("cos\nsystem\n(S'id'\ntR."));
    expect(card).toMatchObject({ safe: false, userClasses: [] });
  });

  test('an array of a class of your own is held to the length of its list', async () => {
    folder.write('mine.py', 'import numpy\n\n\nclass Own(numpy.ndarray):\n    pass\n');
    const own = (size: string) => join(proto(4), stackGlobal('numpy.core.multiarray', '_reconstruct'), global('mine', 'Own'), 'K\x00\x85C\x01b\x87R(K\x01', size, '\x85', dtype('O8'), '\x89](K\x01K\x02etb.');
    expect(await folder.card(own('K\x02'))).toMatchObject({ safe: true });
    expect(await folder.card(own('K\x8f'))).toMatchObject({ safe: false, findings: [expect.objectContaining({ code: 'undetermined' }), expect.anything()] });
  });

  test('--trust lets names pass, but not damage', async () => {
    const named = await folder.card(Buffer.from("cos\nsystem\n(S'id'\ntR."));
    const cut = await folder.card(Buffer.from("cos\nsystem\n(S'id'\nt"));
    if (named instanceof MlfnError || cut instanceof MlfnError) throw new Error('not read');
    expect(catchError(() => assertSafe(named, { trust: true }))).toBeUndefined();
    expect(catchError(() => assertSafe(cut, { trust: true }))).toMatchObject({ code: 'MODEL_DAMAGED' });
  });
});

function catchError(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
