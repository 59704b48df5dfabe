/** Data by reference on Google Cloud: the account's grants on a bucket of the user's own, and answers to its objects. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '../../src/pipeline.ts';
import { Lab } from '../e2e/lab.ts';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { python } from '../python.ts';
import { putBucket } from './lab/bucket.ts';

/** A row is answered by 20 numbers: 100,000 are more than the 32 MB that Cloud Run answers. */
const MAKE = `
import gzip, joblib, numpy, pathlib, sys
from sklearn.linear_model import LinearRegression
folder = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(1)
rows = random.normal(size=(100_000, 2)).round(3)
model = LinearRegression().fit(rows[:100], rows[:100] @ random.normal(size=(2, 20)))
joblib.dump(model, folder / "model.joblib")
text = "".join(f"{a!r},{b!r}\\n" for a, b in rows[:50].tolist())
(folder / "few.gz").write_bytes(gzip.compress(text.encode()))
numpy.save(folder / "many.npy", rows)
`;
const CONFIG = `name: rows
model: model.joblib
timeout: 120
data: {read: ['gs://patients/validation/', 's3://elsewhere/'], write: 'gs://patients/predictions/'}
`;

interface Said {
  status: number;
  body: { predictions?: number[][]; output?: string; count?: number; detail?: string };
}

let gcp: Gcp;
let lab: Lab;
let folder: string;
beforeAll(async () => {
  gcp = await startGcp({ operations: 50 });
  lab = new Lab({ engine: 'auto' });
  Object.assign(lab.env, gcp.env);
  folder = path.join(lab.folder, 'project');
  mkdirSync(folder);
  execFileSync(python, ['-c', MAKE, folder]);
  writeFileSync(path.join(folder, 'mlfn.yaml'), CONFIG);
  const file = (name: string) => path.join(folder, name);
  await putBucket(gcp.storage.endpoint, { name: 'patients', objects: { 'validation/few rows.gz': file('few.gz'), 'validation/many.npy': file('many.npy'), 'validation-secret/few.gz': file('few.gz') } });
}, 120_000);
afterAll(async () => {
  await lab?.close();
  await gcp?.stop();
});

const ask = (data: string, code = 0) => lab.json<Said>(['invoke', 'rows', '--target', 'gcp', '--data', data], { cwd: folder, code });
const bindings = async () => {
  const answer = await fetch(`${gcp.storage.endpoint}/storage/v1/b/patients/iam?optionsRequestedPolicyVersion=3`);
  const { bindings: all = [] } = (await answer.json()) as { bindings?: { role: string; members: string[]; condition?: { expression: string } }[] };
  return all.filter(({ role }) => !role.includes('legacy'));
};

test('the function reads what is below the named place, and nothing beside it', async () => {
  const outcome = await lab.json<Outcome>(['deploy', '--target', 'gcp'], { cwd: folder });
  expect(outcome).toMatchObject({ status: 'deployed', live: 1 });
  const members = [`serviceAccount:${gcp.world.email('mlfn-rows')}`];
  const below = (place: string) => ({ expression: `resource.name.startsWith("projects/_/buckets/patients/objects/${place}/")` });
  expect(await bindings()).toMatchObject([
    { role: 'roles/storage.objectViewer', members, condition: below('validation') },
    { role: 'roles/storage.objectCreator', members, condition: below('predictions') },
  ]);
  const { status, body } = await ask('gs://patients/validation/few rows.gz');
  expect([status, body.predictions?.length, body.predictions?.[0]?.length]).toEqual([200, 50, 20]);
  expect((await ask('gs://patients/validation-secret/few.gz', 2)).status).toBe(403);
  expect((await ask('s3://elsewhere/few.gz', 2)).status).toBe(403);
  expect((await ask('gs://patients/validation/none.csv', 2)).body.detail).toBe('gs://patients/validation/none.csv is not there.');
  expect(await lab.json(['deploy', '--target', 'gcp'], { cwd: folder })).toMatchObject({ status: 'up-to-date' });
}, 180_000);

test('what is too large for Cloud Run is written once', async () => {
  const first = await ask('gs://patients/validation/many.npy');
  expect(first.body).toMatchObject({ count: 100_000, output: expect.stringMatching(/^gs:\/\/patients\/predictions\/many-[0-9a-f]{16}\.jsonl$/) as string });
  expect((await ask('gs://patients/validation/many.npy')).body).toEqual(first.body);
  const key = first.body.output!.slice('gs://patients/'.length);
  const answer = await fetch(`${gcp.storage.endpoint}/storage/v1/b/patients/o/${encodeURIComponent(key)}?alt=media`);
  const lines = (await answer.text()).trim().split('\n');
  expect(lines).toHaveLength(100_000);
  expect((JSON.parse(lines[0]!) as { prediction: number[] }).prediction).toHaveLength(20);
}, 180_000);

test('a removal takes the grants back, and leaves the bucket', async () => {
  await lab.json(['delete', 'rows', '--target', 'gcp', '--yes'], { cwd: folder });
  expect(await bindings()).toEqual([]);
  expect((await fetch(`${gcp.storage.endpoint}/storage/v1/b/patients/o/${encodeURIComponent('validation/many.npy')}`)).status).toBe(200);
}, 60_000);
