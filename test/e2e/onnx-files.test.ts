/** ONNX files, from the file to answers of the endpoint, and the faults that end a deploy before anything is there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python } from '../python.ts';
import { ask, Lab } from './lab.ts';

const fixtures = path.join(import.meta.dirname, '../inspect/fixtures');
const logit = path.join(fixtures, 'logit.onnx');

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open({ engine: 'auto' });
});
afterAll(() => lab.close());

/** What onnxruntime says of some rows, asked directly. */
function asked(file: string, rows: number[][]): any[] {
  const source = 'import json, sys, numpy, onnxruntime\nsession = onnxruntime.InferenceSession(sys.argv[1])\n'
    + 'rows = numpy.array(json.loads(sys.argv[2]), dtype="float32")\ntold = session.run(None, {session.get_inputs()[0].name: rows})\n'
    + 'print(json.dumps([each.tolist() if hasattr(each, "tolist") else [list(row.values()) for row in each] for each in told]))';
  const ran = spawnSync(python, ['-c', source, file, JSON.stringify(rows)], { encoding: 'utf8' });
  expect(ran.status, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as any[];
}

test('a classifier: deployed, checked, asked, up to date, and another release of it rolled back', async () => {
  const rows = [[1, 2, 3], [-1, 0.5, 2]];
  lab.write({ 'rows.json': JSON.stringify(rows) });
  const made = await lab.json(['deploy', logit, '--name', 'logit', '--sample', 'rows.json']);
  expect(made).toMatchObject({ status: 'deployed', live: 1, verification: { method: 'sample', compared: 3 } });
  const { functions } = await lab.json(['status', 'logit']);
  expect(functions[0].releases[0]).toMatchObject({ engine: 'onnx', proof: { probes: 122 }, model: { format: 'onnx', framework: 'onnxruntime' } });
  const [labels, chances] = asked(logit, rows);
  const { json } = await ask(made.url, rows);
  expect(json).toMatchObject({ predictions: labels, classes: [0, 1] });
  for (const [at, row] of json.probabilities.entries()) expect(row[0]).toBeCloseTo(chances[at][0], 6);
  expect(await lab.json(['deploy', logit, '--name', 'logit', '--sample', 'rows.json'])).toMatchObject({ status: 'up-to-date' });
  expect(await lab.json(['deploy', path.join(fixtures, 'beside.onnx'), '--name', 'logit', '--sample', 'rows.json'])).toMatchObject({ live: 2, before: 1 });
  expect((await ask(made.url, rows)).json).toMatchObject({ predictions: [[6, 6], [1.5, 1.5]] });
  expect(await lab.json(['rollback', 'logit'])).toMatchObject({ live: 1, before: 2 });
  expect((await ask(made.url, rows)).json).toMatchObject({ predictions: labels });
});

test('what ships is onnxruntime, NumPy, the file and what it refers to', async () => {
  await lab.json(['build', path.join(fixtures, 'beside.onnx'), '--name', 'b', '--out', 'built']);
  const names = ['function', 'dependencies'].map((part) => {
    const ran = spawnSync(python, ['-c', 'import sys, zipfile\nprint("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))', path.join(lab.folder, `built/${part}.zip`)], { encoding: 'utf8' });
    return ran.stdout.trim().split(/\r?\n/);
  });
  expect(names[0]).toEqual(expect.arrayContaining(['model/beside.onnx', 'model/weights.bin', 'settings.json']));
  const tops = new Set(names[1]!.map((name) => name.split('/')[0]!).filter((name) => !/dist-info|\.libs$/.test(name)));
  expect([...tops].sort()).toEqual(['numpy', 'onnxruntime']);
});

test('another file takes its place by reload, and the first comes back', async () => {
  lab.write({ 'row.json': '[[1, 2, 3]]' });
  const other = path.join(lab.folder, 'other.onnx');
  const source = 'import sys, onnx\nm = onnx.load(sys.argv[1])\nm.doc_string = "another"\nonnx.save(m, sys.argv[2])';
  expect(spawnSync(python, ['-c', source, logit, other]).status).toBe(0);
  await lab.json(['deploy', logit, '--name', 'pointed', '--sample', 'row.json', '--reload', '1m']);
  expect(await lab.json(['reload', 'pointed', '--model', other])).toMatchObject({ status: 'reloaded', model: { file: 'other.onnx', format: 'onnx' } });
  expect(await lab.json(['reload', 'pointed', '--undo'])).toMatchObject({ status: 'reloaded', model: { file: 'logit.onnx' } });
});

describe('ends before anything is there', () => {
  const whole = readFileSync(logit);
  test.each<[what: string, name: string, make: () => Uint8Array, code: string, says: RegExp]>([
    ['cut short', 'cut.onnx', () => whole.subarray(0, whole.length >> 1), 'MODEL_DAMAGED', /longer than the message/],
    ['operators of a newer set', 'newer.onnx', () => newer(), 'COMPILE_UNOPENED', /opset|operator set/i],
    ['operators that come with a library', 'custom.onnx', () => readFileSync(path.join(fixtures, 'custom.onnx')), 'MODEL_NOT_SERVED', /"ai\.example"/],
    ['numbers at an absolute path', 'passwd.onnx', () => readFileSync(path.join(fixtures, 'passwd.onnx')), 'MODEL_UNSAFE', /\/etc\/passwd/],
    ['numbers above its folder', 'above.onnx', () => readFileSync(path.join(fixtures, 'above.onnx')), 'MODEL_UNSAFE', /has \.\. in it/],
  ])('%s', async (_what, name, make, code, says) => {
    const file = lab.write({ [name]: make() });
    for (const trust of [[], ['--trust']]) {
      const told = await lab.refused(['deploy', file, '--name', 'faulty', ...trust], 3);
      expect(told).toMatchObject({ code, message: expect.stringMatching(says), hint: expect.any(String) });
    }
    expect((await lab.refused(['status', 'faulty'], 2)).code).toBe('FUNCTION_UNKNOWN');
  });

  test('numbers that are not beside it', async () => {
    mkdirSync(path.join(lab.folder, 'alone'));
    cpSync(path.join(fixtures, 'beside.onnx'), path.join(lab.folder, 'alone/m.onnx'));
    expect(await lab.refused(['deploy', 'alone/m.onnx', '--name', 'faulty'], 3)).toMatchObject({ code: 'MODEL_DAMAGED', message: expect.stringContaining('weights.bin') });
  });

  test('the engine plain, and reload with numbers beside it', async () => {
    expect(await lab.refused(['deploy', logit, '--name', 'faulty', '--engine', 'plain'], 3)).toMatchObject({ code: 'COMPILE_REFUSED' });
    expect(await lab.refused(['deploy', path.join(fixtures, 'beside.onnx'), '--name', 'faulty', '--reload', '1m'], 2)).toMatchObject({ code: 'CONFIG_VALUE', message: expect.stringContaining('in one file') });
  });
});

/** The classifier, stamped with operators of a set that nobody has. */
function newer(): Uint8Array {
  const file = path.join(lab.folder, 'newer-made.onnx');
  const source = 'import sys, onnx\nm = onnx.load(sys.argv[1])\nm.opset_import[0].domain = ""\nfor o in m.opset_import:\n    o.version = 99\nopen(sys.argv[2], "wb").write(m.SerializeToString())';
  const ran = spawnSync(python, ['-c', source, logit, file], { encoding: 'utf8' });
  expect(ran.status, ran.stderr).toBe(0);
  return readFileSync(file);
}
