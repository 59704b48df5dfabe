/** Data by reference on this machine: a folder stands for the bucket, and the command line names objects and files. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../src/pipeline.ts';
import type { Live } from '../../src/live.ts';
import { python } from '../python.ts';
import { Lab } from './lab.ts';

const MAKE = `
import joblib, numpy, sys
from sklearn.linear_model import LogisticRegression
rows = numpy.random.default_rng(1).normal(size=(200_000, 3)).round(3)
joblib.dump(LogisticRegression().fit(rows[:500], rows[:500, 0] > rows[:500, 1]), sys.argv[1] + "/model.joblib")
numpy.save(sys.argv[1] + "/bucket/validation/few.npy", rows[:200])
numpy.save(sys.argv[1] + "/bucket/validation/many.npy", rows)
numpy.savetxt(sys.argv[1] + "/bucket/validation/few.csv", rows[:200], delimiter=",", fmt="%.3f")
joblib.dump(rows[:200], sys.argv[1] + "/bucket/validation/few.joblib")
print(",".join(map(str, joblib.load(sys.argv[1] + "/model.joblib").predict(rows).tolist())))
`;

interface Said {
  status: number;
  body: { predictions?: boolean[]; output?: string; count?: number; detail?: string; type?: string };
}

let lab: Lab;
let folder: string;
let wanted: boolean[];
beforeAll(() => {
  lab = new Lab({ engine: 'auto' });
  folder = path.join(lab.folder, 'project');
  mkdirSync(path.join(folder, 'bucket/validation'), { recursive: true });
  const said = execFileSync(python, ['-c', MAKE, folder], { encoding: 'utf8', maxBuffer: 1 << 25 });
  wanted = said.trim().split(',').map((each) => each === 'True');
});
afterAll(() => lab.close());

const configure = (data: string) => writeFileSync(path.join(folder, 'mlfn.yaml'), `name: rows\nmodel: model.joblib\n${data}`);
const deploy = (...more: string[]) => lab.json<Outcome>(['deploy', '--target', 'local', ...more], { cwd: folder });
const ask = (data: string, code = 0) => lab.json<Said>(['invoke', 'rows', '--data', data], { cwd: folder, code });
const FOLDERS = 'folders: {lab: bucket}';

test('a release is told what may be read, and the very package of the plain engine reads it', async () => {
  configure(`data: {read: ['s3://lab/validation/', ./bucket/validation/], write: 's3://lab/out/', ${FOLDERS}}\n`);
  expect(await deploy()).toMatchObject({ status: 'deployed', live: 1 });
  const [release] = (await lab.json<Live>(['releases', 'rows'])).releases;
  expect(release?.engine).toBe('plain');
  expect(release?.settings.data?.read).toEqual([`${pathToFileURL(path.join(folder, 'bucket/validation')).href}/`, 's3://lab/validation/']);
  const few = wanted.slice(0, 200);
  for (const data of ['s3://lab/validation/few.npy', '{"bucket": "lab", "key": "validation/few.csv"}', './bucket/validation/few.npy', path.join(folder, 'bucket/validation/few.csv')]) {
    const { status, body } = await ask(data);
    expect([data, status, body.predictions]).toEqual([data, 200, few]);
  }
  expect(await deploy()).toMatchObject({ status: 'up-to-date' });
});

test('what is too large for an answer is written beside the data, and nothing else may be', async () => {
  const { status, body } = await ask('s3://lab/validation/many.npy');
  expect([status, body.count]).toEqual([200, 200_000]);
  const [file = ''] = readdirSync(path.join(folder, 'bucket/out'));
  expect(body.output).toBe(`s3://lab/out/${file}`);
  const lines = readFileSync(path.join(folder, 'bucket/out', file), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { prediction: boolean });
  expect(lines.map((line) => line.prediction)).toEqual(wanted);
  expect((await ask('s3://lab/validation/many.npy')).body.output).toBe(body.output);
  expect(readdirSync(path.join(folder, 'bucket/out'))).toEqual([file]);
});

test('what may not be read is refused, in words and with the exit code of a refusal', async () => {
  for (const [data, status] of [['s3://lab/model.joblib', 403], ['./model.joblib', 403], ['./bucket/validation/../../model.joblib', 403], ['s3://lab/validation/none.csv', 422], ['s3://lab/validation/few.joblib', 415]] as const) {
    const ran = await lab.mlfn(['invoke', 'rows', '--data', data], { cwd: folder });
    expect([data, ran.code]).toEqual([data, 2]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status, detail: expect.any(String) as string });
  }
});

test('joblib only by leave, with the libraries that it needs; and a rollback takes the leave back', async () => {
  configure(`data: {read: ['s3://lab/validation/'], formats: [joblib], ${FOLDERS}}\n`);
  const { code, stderr } = await lab.mlfn(['deploy', '--target', 'local', '--engine', 'plain'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain('The engine plain has no joblib to read data with.');
  expect(await deploy()).toMatchObject({ status: 'deployed', live: 2 });
  expect((await lab.json<Live>(['releases', 'rows'])).releases.at(-1)?.engine).toBe('native');
  expect((await ask('s3://lab/validation/few.joblib')).body.predictions).toEqual(wanted.slice(0, 200));
  const large = await ask('s3://lab/validation/many.npy', 2);
  expect([large.status, large.body.detail]).toEqual([413, expect.stringContaining('`data: {write: ...}` in mlfn.yaml') as string]);
  await lab.json(['rollback', 'rows']);
  expect((await ask('s3://lab/validation/few.joblib', 2)).status).toBe(415);
  expect((await ask('s3://lab/validation/few.npy')).body.predictions).toEqual(wanted.slice(0, 200));
});

/** The first 200 rows, in three row groups: `pyarrow.parquet.write_table(..., row_group_size=80, compression="zstd")`, pyarrow 26.0.1. */
test('Parquet with pyarrow among the requirements', async () => {
  cpSync(path.join(import.meta.dirname, 'fixtures/rows.parquet'), path.join(folder, 'bucket/validation/rows.parquet'));
  configure(`requirements: requirements.txt\ndata: {read: ['s3://lab/validation/'], ${FOLDERS}}\n`);
  writeFileSync(path.join(folder, 'requirements.txt'), 'scikit-learn==1.6.1\nnumpy==2.2.6\npyarrow==26.0.1\n');
  expect(await deploy('--name', 'table', '--engine', 'native')).toMatchObject({ status: 'deployed' });
  const { body } = await lab.json<Said>(['invoke', 'table', '--data', 's3://lab/validation/rows.parquet'], { cwd: folder });
  expect(body.predictions).toEqual(wanted.slice(0, 200));
}, 300_000);

test('only with data does what reads it ship, and only for models', async () => {
  configure('');
  await deploy('--name', 'bare');
  const objects = path.join(lab.home, 'local/objects');
  const [bare] = (await lab.json<Live>(['releases', 'bare'])).releases;
  const last = (await lab.json<Live>(['releases', 'rows'])).releases.at(-1);
  expect(existsSync(path.join(objects, bare!.artifacts.function, 'mlfn_serve/data'))).toBe(false);
  expect(readdirSync(path.join(objects, last!.artifacts.function, 'mlfn_serve/data'))).toEqual(expect.arrayContaining(['__init__.py', 's3.py']));
  expect(existsSync(path.join(objects, last!.artifacts.function, 'mlfn_serve/data/gs.py'))).toBe(false);
  writeFileSync(path.join(folder, 'app.py'), 'def f(body):\n    return body\n');
  writeFileSync(path.join(folder, 'mlfn.yaml'), 'name: f\nmodel: app.py:f\ndata: {read: [./bucket/]}\n');
  const { code, stderr } = await lab.mlfn(['deploy', '--target', 'local'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain('data is for model files, and app.py is Python code.');
});
