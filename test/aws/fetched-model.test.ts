/** A model that does not fit into Lambda with its dependencies: kept in the bucket, fetched and checked when a worker starts. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploy, remove, type DeployRequest } from '../../src/pipeline.ts';
import { openTarget } from '../../src/providers/index.ts';
import { python } from '../python.ts';
import { type OwnContext, ownContext } from './context.ts';
import { type Ministack, startMinistack } from './lab/ministack.ts';

/** 88 MB of training rows and targets that a nearest-neighbours model keeps: with scikit-learn's 215 MB more than Lambda's 262 MB. */
const TRAIN = `
import joblib, numpy, sys
from sklearn.neighbors import KNeighborsRegressor
rows = numpy.random.default_rng(1).random((1_000_000, 10))
joblib.dump(KNeighborsRegressor(1, algorithm="brute").fit(rows, rows[:, 0] * 2), sys.argv[1])
`;

let lab: Ministack;
let own: OwnContext;
let temporary: string;
let request: DeployRequest;
let s3: S3Client;

beforeAll(async () => {
  own = await ownContext('fetched');
  const { folder } = own;
  // Handlers share this folder, where on Lambda each environment has a /tmp of its own.
  temporary = path.join(folder, 'tmp');
  await mkdir(temporary);
  lab = await startMinistack({ env: { TMPDIR: temporary } });
  Object.assign(process.env, lab.env);
  const model = path.join(folder, 'big.joblib');
  execFileSync(python, ['-c', TRAIN, model]);
  const sample = path.join(folder, 'sample.json');
  await writeFile(sample, JSON.stringify([[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]));
  const settings = { memory: 2048, timeout: 60, concurrency: 1, idle: 60, env: {} };
  request = { name: 'big', model, target: 'aws', targetConfig: {}, settings, sample, trust: false, dryRun: false };
  s3 = new S3Client({ forcePathStyle: true });
}, 300_000);

afterAll(async () => {
  await lab?.stop();
  await own?.remove();
});

async function keys(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: await bucket() }));
  return Contents.map(({ Key = '' }) => Key);
}

async function bucket(): Promise<string> {
  const { openSession } = await import('../../src/providers/aws/session.ts');
  const target = await openTarget('aws', {});
  return (await openSession(own.ctx, target.config as never)).bucket();
}

test('it is sent beside the package, answers like the model itself, and goes with the function', async () => {
  const done = await deploy(own.ctx, request);
  expect(done).toMatchObject({ status: 'deployed', live: 1, verification: { method: 'sample' } });
  expect(done.verification!.compared).toBeGreaterThan(0);
  expect(done.steps.filter((step) => step.kind === 'store').map((step) => step.part)).toEqual(['dependencies', 'function', 'model']);
  expect(own.events.some((event) => event.type === 'fact' && /model 8\d\.\d MB fetched at start/.test(event.text))).toBe(true);
  expect((await keys()).filter((key) => key.startsWith('functions/big/models/'))).toHaveLength(1);
  expect(await deploy(own.ctx, request)).toMatchObject({ status: 'up-to-date' });
}, 300_000);

test('another file at its place is refused when a worker starts, and the deploy says so', async () => {
  const [key = ''] = (await keys()).filter((each) => each.startsWith('functions/big/models/'));
  const Bucket = await bucket();
  const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
  const bytes = Buffer.from(await Body!.transformToByteArray());
  bytes[1000] = bytes[1000]! ^ 1;
  await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes, Metadata }));
  await rm(temporary, { recursive: true });
  await mkdir(temporary);
  const changed = { ...request, settings: { ...request.settings, memory: 2049 } };
  await expect(deploy(own.ctx, changed)).rejects.toThrow(/is not the one that was released/);
}, 300_000);

test('a removal leaves nothing of it', async () => {
  await remove(own.ctx, request);
  expect(await keys()).toEqual([]);
}, 120_000);
