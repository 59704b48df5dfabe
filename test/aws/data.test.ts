/** Data by reference on AWS: what the role may read, requests through the endpoint, and the very zip under AWS's own runtime with a strict S3. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/pipeline.ts';
import { Lab } from '../e2e/lab.ts';
import { python } from '../python.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import { ACCOUNT, type Lab as Server, REGION } from './lab/credentials.ts';
import { type Gate, startGate } from './lab/gate.ts';
import { strictRules } from './lab/gate/strict.ts';
import { type Ministack, startMinistack } from './lab/ministack.ts';
import { program } from './lab/programs.ts';
import { startRuntime } from './lab/rie.ts';
import { startS3 } from './lab/s3.ts';

const MAKE = `
import gzip, joblib, numpy, pathlib, sys
from sklearn.linear_model import LinearRegression
folder = pathlib.Path(sys.argv[1])
rows = numpy.random.default_rng(1).normal(size=(400_000, 2)).round(3)
model = LinearRegression().fit(rows[:100], rows[:100] @ [2.0, -3.0])
joblib.dump(model, folder / "model.joblib")
text = "".join(f"{a!r},{b!r}\\n" for a, b in rows[:50].tolist())
(folder / "few.csv").write_text(text)
(folder / "few.gz").write_bytes(gzip.compress(text.encode()))
numpy.save(folder / "many.npy", rows)
(folder / "wrong.csv").write_text(text + "1,many\\n")
print(*model.predict(rows[:50]).tolist())
`;
const CONFIG = `name: rows
model: model.joblib
timeout: 60
data: {read: ['s3://patients/validation/'], write: 's3://patients/predictions/'}
`;
const FILES = ['few.csv', 'few.gz', 'many.npy', 'wrong.csv'];

let cloud: Ministack;
let gate: Gate;
let s3: Server;
let aws: Clients;
let strict: Clients;
let lab: Lab;
let folder: string;
let wanted: number[];

beforeAll(async () => {
  [cloud, s3] = await Promise.all([startMinistack(), startS3()]);
  gate = await startGate({ target: cloud.endpoint, rules: strictRules(cloud.env) });
  aws = clientsOf(cloud.env);
  strict = clientsOf(s3.env);
  lab = new Lab({ engine: 'auto' });
  Object.assign(lab.env, gate.env);
  folder = path.join(lab.folder, 'project');
  mkdirSync(folder);
  wanted = execFileSync(python, ['-c', MAKE, folder], { encoding: 'utf8' }).trim().split(' ').map(Number);
  writeFileSync(path.join(folder, 'mlfn.yaml'), CONFIG);
  for (const { s3: store } of [aws, strict]) {
    await store.send(new CreateBucketCommand({ Bucket: 'patients' }));
    for (const name of FILES) await store.send(new PutObjectCommand({ Bucket: 'patients', Key: `validation/${name}`, Body: readFileSync(path.join(folder, name)) }));
    await store.send(new PutObjectCommand({ Bucket: 'patients', Key: 'validation-secret/few.csv', Body: '1,2\n' }));
  }
}, 120_000);

afterAll(async () => {
  for (const each of [aws, strict]) each?.destroy();
  await lab?.close();
  for (const each of [gate, cloud, s3]) await each?.stop();
});

const near = (found: number[] = []) => found.length === wanted.length && found.every((each, index) => Math.abs(each - wanted[index]!) < 1e-9);

test('a deploy lets the role read and write the named places, and the endpoint answers for objects', async () => {
  const outcome = await lab.json<Outcome>(['deploy', '--target', 'aws'], { cwd: folder });
  expect(outcome).toMatchObject({ status: 'deployed', live: 1 });
  expect(outcome.steps.find((step) => step.kind === 'ensure' && step.resource === 'role')).toMatchObject({
    detail: 'writes its own log, reads its own models, reads s3://patients/validation/, writes s3://patients/predictions/',
  });
  const { PolicyDocument = '' } = await aws.iam.send(new GetRolePolicyCommand({ RoleName: `mlfn-rows-${REGION}`, PolicyName: 'mlfn' }));
  expect((JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: unknown[] }).Statement.slice(2)).toEqual([
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::patients/validation/*'] },
    { Effect: 'Allow', Action: ['s3:PutObject'], Resource: ['arn:aws:s3:::patients/predictions/*'] },
  ]);
  for (const data of ['s3://patients/validation/few.csv', '{"bucket": "patients", "key": "validation/few.gz"}']) {
    const { body } = await lab.json<{ body: { predictions: number[] } }>(['invoke', 'rows', '--target', 'aws', '--data', data], { cwd: folder });
    expect(near(body.predictions)).toBe(true);
  }
  const refused = await lab.mlfn(['invoke', 'rows', '--target', 'aws', '--data', 's3://patients/validation-secret/few.csv'], { cwd: folder });
  expect([refused.code, JSON.parse(refused.stdout)]).toEqual([2, expect.objectContaining({ status: 403, type: 'urn:mlfn:data-forbidden' })]);
  const local = await lab.mlfn(['invoke', 'rows', '--target', 'aws', '--data', './few.csv'], { cwd: folder });
  expect([local.code, local.stderr]).toEqual([2, expect.stringContaining('--data names a file of this machine, and rows runs on aws.')]);
  expect(await lab.json(['deploy', '--target', 'aws'], { cwd: folder })).toMatchObject({ status: 'up-to-date' });
}, 120_000);

/** The handler in the runtime's own Python, without the emulator of Lambda, which signs with a session token that a strict S3 does not know. */
const DRIVER = `
import json, os, sys
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
from mlfn_serve.entry import handler
print(json.dumps([handler(event, None) for event in json.load(sys.stdin)]))
`;

describe('the very zip that was uploaded', () => {
  let zip: string;
  let task: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    const { Configuration } = await aws.lambda.send(new GetFunctionCommand({ FunctionName: 'rows', Qualifier: 'live' }));
    // Lambda sets both names of the region.
    env = { ...Configuration?.Environment?.Variables, AWS_DEFAULT_REGION: REGION };
    const stored = async (Key: string) => (await aws.s3.send(new GetObjectCommand({ Bucket: `mlfn-${ACCOUNT}-${REGION}`, Key }))).Body!;
    const { artifacts } = JSON.parse(await (await stored('functions/rows/releases/000001.json')).transformToString()) as { artifacts: { function: string } };
    zip = path.join(lab.folder, 'function.zip');
    task = path.join(lab.folder, 'task');
    writeFileSync(zip, await (await stored(`objects/${artifacts.function}.zip`)).transformToByteArray());
    execFileSync(python, ['-c', 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])', zip, task]);
  });

  function handled(keys: string[], more: Record<string, string> = {}): Record<string, unknown>[] {
    const input = JSON.stringify(keys.map((key) => ({ bucket: 'patients', key })));
    const options = { input, encoding: 'utf8' as const, env: { PATH: process.env['PATH'] ?? '', LAMBDA_TASK_ROOT: task, ...env, ...s3.env, ...more } };
    return JSON.parse(execFileSync(program('handlerPython'), ['-c', DRIVER], options)) as Record<string, unknown>[];
  }

  test('answers under the real runtime', async () => {
    const runtime = await startRuntime({ zip: task, handler: 'mlfn_serve.entry.handler', timeout: 60, env: { ...env, ...cloud.env } });
    try {
      expect(near(((await runtime.invoke({ data: 's3://patients/validation/few.csv' })) as { predictions: number[] }).predictions)).toBe(true);
      expect(await runtime.invoke({ data: 's3://patients/validation/many.npy' })).toMatchObject({ count: 400_000, output: expect.stringMatching(/^s3:/) as string });
    } finally {
      await runtime.stop();
    }
  }, 120_000);

  test('reads and writes a strict S3', async () => {
    const [few, packed, written, again] = handled(['few.csv', 'few.gz', 'many.npy', 'many.npy'].map((name) => `validation/${name}`));
    expect(near(few?.['predictions'] as number[]) && near(packed?.['predictions'] as number[])).toBe(true);
    expect(written).toMatchObject({ count: 400_000, output: expect.stringMatching(/^s3:\/\/patients\/predictions\/many-[0-9a-f]{16}\.jsonl$/) as string });
    expect(again).toEqual(written);
    const { Contents = [] } = await strict.s3.send(new ListObjectsV2Command({ Bucket: 'patients', Prefix: 'predictions/' }));
    expect(Contents.map(({ Key }) => `s3://patients/${Key}`)).toEqual([written?.['output']]);
    const answer = await strict.s3.send(new GetObjectCommand({ Bucket: 'patients', Key: Contents[0]?.Key }));
    const lines = (await answer.Body!.transformToString()).trim().split('\n');
    expect(lines).toHaveLength(400_000);
    expect(near(lines.slice(0, 50).map((line) => (JSON.parse(line) as { prediction: number }).prediction))).toBe(true);
  }, 120_000);

  test('says what cannot be read, and why', () => {
    const [missing, around, wrong, beside] = handled(['validation/none.csv', 'validation/../validation-secret/few.csv', 'validation/wrong.csv', 'validation-secret/few.csv']);
    expect(missing).toMatchObject({ status: 422, type: 'urn:mlfn:data-missing', detail: 's3://patients/validation/none.csv is not there.' });
    expect(around).toMatchObject({ status: 422, type: 'urn:mlfn:invalid-input' });
    expect(wrong).toMatchObject({ status: 422, errors: [{ field: '1', record: 50, line: 51, expected: 'a number', got: 'the string "many"' }] });
    expect(beside).toMatchObject({ status: 403, type: 'urn:mlfn:data-forbidden' });
  });

  test.each([
    [{ AWS_SECRET_ACCESS_KEY: 'another' }, 403, 'data-denied', "The function's role may not read"],
    [{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 502, 'data-unreachable', 'Unable to locate credentials'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 502, 'data-unreachable', 'Could not connect'],
  ])('with %j it is a %i', (more, status, type, words) => {
    const [problem] = handled(['validation/few.csv'], more as unknown as Record<string, string>);
    expect(problem).toMatchObject({ status, type: `urn:mlfn:${type}`, detail: expect.stringContaining(words) as string });
  }, 60_000);
});
