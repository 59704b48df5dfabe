/** The settings as flags, variables and mlfn.yaml; what the local target says instead; packages that abort on arm64. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig, type Flags } from '../../src/config/index.ts';
import type { MlfnError } from '../../src/errors.ts';
import { configSchema } from '../../src/providers/aws/config.ts';
import { checkLock } from '../../src/providers/aws/settings/check.ts';
import { FUNCTION_FIELDS, RELEASE_FIELDS } from '../../src/providers/aws/settings/fields.ts';
import { releaseSettings } from '../../src/providers/aws/settings/release.ts';
import type { Lock } from '../../src/types.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'mlfn-config-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const load = async (flags: Flags, env: Record<string, string> = {}) => (await loadConfig({ cwd, env }, { target: 'aws', ...flags })).targetConfig;

test('flags and variables are the fields of the section', async () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';
  const flags: Flags = {
    ephemeralStorage: '1024', subnet: ['subnet-0a', 'subnet-0b'], securityGroup: ['sg-0a'], kmsKey: key, snapstart: true, tracing: true,
    secret: ['DB=secretsmanager:prod/db:password', 'TOKEN=ssm:/t'], reservedConcurrency: '5', provisionedConcurrency: '0', warm: '5m',
  };
  const section = {
    ephemeralStorage: 1024, vpc: { subnets: ['subnet-0a', 'subnet-0b'], securityGroups: ['sg-0a'] }, kmsKey: key, snapstart: true, tracing: true,
    secrets: { DB: 'secretsmanager:prod/db:password', TOKEN: 'ssm:/t' }, reservedConcurrency: 5, provisionedConcurrency: 0, warm: '5m',
  };
  expect(await load(flags)).toEqual(section);
  const env = {
    MLFN_EPHEMERAL_STORAGE: '1024', MLFN_SUBNET: 'subnet-0a,subnet-0b', MLFN_SECURITY_GROUP: 'sg-0a', MLFN_KMS_KEY: key, MLFN_SNAPSTART: 'true',
    MLFN_TRACING: '1', MLFN_SECRET: 'DB=secretsmanager:prod/db:password,TOKEN=ssm:/t', MLFN_RESERVED_CONCURRENCY: '5', MLFN_PROVISIONED_CONCURRENCY: '0', MLFN_WARM: '5m',
  };
  expect(await load({}, env)).toEqual(section);
});

test('secrets of the file and of flags add up', async () => {
  await writeFile(path.join(cwd, 'mlfn.yaml'), 'target: aws\naws:\n  warm: off\n  secrets:\n    A1: ssm:/a\n    B1: ssm:/b\n');
  expect(await load({ secret: ['B1=ssm:/other'] })).toMatchObject({ secrets: { A1: 'ssm:/a', B1: 'ssm:/other' }, warm: 'off' });
  await rm(path.join(cwd, 'mlfn.yaml'));
});

test.each<[Flags, RegExp]>([
  [{ subnet: ['subnet-0a'] }, /--subnet is given without --security-group\./],
  [{ securityGroup: ['sg-0a'] }, /--security-group is given without --subnet\./],
  [{ subnet: ['vpc-1'], securityGroup: ['sg-0a'] }, /--subnet must be 1 to 16 ids of subnets/],
  [{ ephemeralStorage: '511' }, /--ephemeral-storage must be a whole number of MB from 512 to 10240/],
  [{ ephemeralStorage: '10241' }, /from 512 to 10240/],
  [{ kmsKey: 'alias/mine' }, /--kms-key must be the ARN of a KMS key/],
  [{ secret: ['DB=hunter2'] }, /--secret must be a reference to where the value is kept/],
  [{ secret: ['hunter2'] }, /--secret must be NAME=VALUE/],
  [{ secret: ['A-B=ssm:/x'] }, /--secret must be NAME=VALUE with a name that it may have/],
  [{ provisionedConcurrency: '-1' }, /--provisioned-concurrency must be a whole number/],
  [{ warm: '2h' }, /--warm must be minutes from 1m to 60m, or off/],
  [{ tag: ['mlfn:x=1'] }, /--tag must be NAME=VALUE with a name that it may have/],
  [{ tag: ['a=\n!'] }, /--tag must be text of at most 256/],
])('%j is refused', async (flags, message) => {
  await expect(load(flags)).rejects.toMatchObject({ code: 'CONFIG_VALUE', message: expect.stringMatching(message) });
});

test('a secret that is given in place of its reference is not repeated', async () => {
  const given: Flags[] = [{ secret: ['DB=hunter2!'] }, { secret: ['hunter2!'] }];
  for (const flags of given) {
    const error = await load(flags).catch((thrown: unknown) => thrown as MlfnError);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
  }
  await writeFile(path.join(cwd, 'mlfn.yaml'), 'target: aws\naws:\n  secrets:\n    DB: hunter2!\n');
  const error = await load({}).catch((thrown: unknown) => thrown as MlfnError);
  await rm(path.join(cwd, 'mlfn.yaml'));
  expect(error).toMatchObject({ code: 'CONFIG_VALUE', message: expect.stringContaining('mlfn.yaml:4:9: aws.secrets.DB must be a reference') });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
});

test('the local target says what to set instead', async () => {
  const local = { target: 'local' };
  await expect(load({ ...local, secret: ['DB=ssm:/x'] })).rejects.toMatchObject({ code: 'CONFIG_VALUE', hint: expect.stringContaining('--env NAME=VALUE') });
  await expect(load({ ...local, warm: '5m' })).rejects.toMatchObject({ code: 'CONFIG_VALUE', hint: expect.stringContaining('--idle') });
  await expect(load({ ...local, snapstart: true })).rejects.toMatchObject({ code: 'CONFIG_VALUE', hint: expect.stringContaining('--target aws') });
});

test('docs/aws.md has every one of them, and its YAML is right', async () => {
  const page = await readFile(path.join(import.meta.dirname, '../../docs/aws.md'), 'utf8');
  for (const key of [...Object.keys(RELEASE_FIELDS), ...Object.keys(FUNCTION_FIELDS)]) expect(page).toContain(`\`${key}`);
  const block = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text).find((text) => text.includes('secrets:'));
  await writeFile(path.join(cwd, 'mlfn.yaml'), block ?? '');
  expect(Object.keys((await load({}))['secrets'] as object)).toEqual(['DB_PASSWORD', 'TOKEN', 'API_KEY']);
  await rm(path.join(cwd, 'mlfn.yaml'));
});

describe('a release', () => {
  test('keeps only what is not the default, so that old digests stay', () => {
    expect(releaseSettings(configSchema.parse({}))).toEqual({ architecture: 'x86_64' });
    expect(releaseSettings(configSchema.parse({ warm: '5m', tags: { a: 'b' }, reservedConcurrency: 2, provisionedConcurrency: 1, logRetention: 7 }))).toEqual({ architecture: 'x86_64' });
  });

  const lockOf = (...names: string[]) => ({ packages: names.map((name) => ({ name, version: '1.0' })) }) as Lock;
  test.each(['onnxruntime', 'torch'])('with %s is refused on arm64, where its import aborts', (name) => {
    const refused = { code: 'AWS_SETTING', message: expect.stringContaining(`${name} 1.0`), hint: 'Use --arch x86_64.' };
    expect(() => checkLock(configSchema.parse({ architecture: 'arm64' }), lockOf('numpy', name))).toThrow(expect.objectContaining(refused));
    checkLock(configSchema.parse({}), lockOf('numpy', name));
    checkLock(configSchema.parse({ architecture: 'arm64' }), lockOf('numpy'));
  });
});
