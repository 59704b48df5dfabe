/** Secrets by reference, through the real handler: what the code sees, what the role may read, and where no value ever is. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseReference } from '../../src/providers/aws/settings/references.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

const VALUE = 'v-4f1c2d-top-secret';
const PLACE = { partition: 'aws', account: '123456789012', region: 'eu-west-1' };
const READS = 'import os\nSEEN = {name: os.environ.get(name) for name in ("WHOLE", "FIELD", "NUMBER", "PARAM", "BY_ARN")}\ndef answer(payload):\n    return SEEN\n';

let lab: SettingsLab;
let arn: string;
beforeAll(async () => {
  lab = await startSettingsLab();
  await lab.call('secretsmanager.CreateSecret', { Name: 'prod/whole', SecretString: VALUE });
  const made = await lab.call('secretsmanager.CreateSecret', { Name: 'prod/db', SecretString: JSON.stringify({ password: VALUE, port: 5432 }) });
  arn = (made as { ARN: string }).ARN;
  await lab.call('AmazonSSM.PutParameter', { Name: '/prod/key', Value: VALUE, Type: 'SecureString' });
});
afterAll(async () => lab?.stop());

test('are variables before the code is imported, and their values nowhere else', async () => {
  const secrets = { WHOLE: 'secretsmanager:prod/whole', FIELD: 'secretsmanager:prod/db:password', NUMBER: `${arn}:port`, PARAM: 'ssm:/prod/key', BY_ARN: arn };
  const outcome = await lab.deploy('keeper', { section: { secrets }, env: { PLAIN: 'x' } , code: READS });
  expect((await lab.ask('keeper')).body).toEqual({ WHOLE: VALUE, FIELD: VALUE, NUMBER: '5432', PARAM: VALUE, BY_ARN: JSON.stringify({ password: VALUE, port: 5432 }) });

  const { Variables = {} } = (await lab.aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'keeper', Qualifier: '1' }))).Environment ?? {};
  expect(JSON.parse(Variables['MLFN_SECRETS'] ?? '')).toEqual(secrets);
  expect(Object.keys(Variables).sort()).toEqual(['MLFN_RELEASE', 'MLFN_SECRETS', 'PLAIN']);

  const policy = await lab.aws.iam.send(new GetRolePolicyCommand({ RoleName: 'mlfn-keeper-eu-west-1', PolicyName: 'mlfn' }));
  const allowed = JSON.parse(decodeURIComponent(policy.PolicyDocument ?? '')).Statement.slice(2);
  expect(allowed).toEqual([
    { Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: expect.arrayContaining(['arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/whole-??????', arn]) },
    { Effect: 'Allow', Action: ['ssm:GetParameters'], Resource: ['arn:aws:ssm:eu-west-1:123456789012:parameter/prod/key'] },
  ]);

  const told = [JSON.stringify(outcome), JSON.stringify(lab.events), JSON.stringify(Variables), await everyObject(), await everyLine('keeper')];
  for (const text of told) expect(text).not.toContain(VALUE);
  expect(told[3]).toContain('secretsmanager:prod/whole');
}, 60_000);

test('another reference is another release', async () => {
  await lab.deploy('other', { section: { secrets: { WHOLE: 'secretsmanager:prod/whole' } }, code: READS });
  const second = await lab.deploy('other', { section: { secrets: { WHOLE: 'ssm:/prod/key' } }, code: READS });
  expect(second).toMatchObject({ status: 'deployed', live: 2 });
  // The first can be gone back to: its secret stays readable.
  expect(second.steps[0]).toMatchObject({ resource: 'role', detail: expect.stringContaining('reads secretsmanager:prod/whole, ssm:/prod/key') });
}, 60_000);

test.each([
  ['secretsmanager:prod/none', /secretsmanager:prod\/none could not be read: ResourceNotFoundException/],
  ['secretsmanager:prod/db:user', /prod\/db has no field user/],
  ['secretsmanager:prod/whole:user', /prod\/whole is no JSON object, so it has no field user/],
  ['ssm:/prod/none', /There is no parameter ssm:\/prod\/none/],
])('%s that cannot be read fails the check, and the error says which and why', async (reference, why) => {
  const failure = await lab.deploy('lacking', { section: { secrets: { WHOLE: reference } }, code: READS }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(`${(failure as Error).message} ${JSON.stringify(failure)}`).toMatch(why);
  expect(`${(failure as Error).message} ${JSON.stringify(failure)}`).not.toContain(VALUE);
}, 60_000);

test('a sample is compared with what the model says on this machine, where the secret is a variable of the same name', async () => {
  const sample = path.join(lab.ctx.cwd, 'sample.json');
  await writeFile(sample, '{}');
  const code = 'import os\ndef answer(payload):\n    return len(os.environ["WHOLE"])\n';
  const asked = { section: { secrets: { WHOLE: 'secretsmanager:prod/whole' } }, code, sample };
  process.env['WHOLE'] = VALUE;
  try {
    expect(await lab.deploy('sampled', asked)).toMatchObject({ status: 'deployed', verification: { method: 'sample' } });
  } finally {
    delete process.env['WHOLE'];
  }
}, 60_000);

describe('a reference', () => {
  const names = fc.stringMatching(/^[A-Za-z0-9/_+=.@-]{1,40}$/);
  test('names one secret or parameter, and its permission covers just that', () =>
    fc.assert(
      fc.property(names, fc.option(fc.stringMatching(/^[A-Za-z0-9_]{1,10}$/)), (name, key) => {
        const found = parseReference(`secretsmanager:${name}${key === null ? '' : `:${key}`}`);
        expect(found).toMatchObject({ service: 'secretsmanager', id: name, key });
        expect(found?.resource(PLACE)).toBe(`arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-??????`);
      }),
    ));

  test.each([
    ['ssm:name', 'arn:aws:ssm:eu-west-1:123456789012:parameter/name'],
    ['ssm:/a/b', 'arn:aws:ssm:eu-west-1:123456789012:parameter/a/b'],
    ['arn:aws:ssm:us-east-1:210987654321:parameter/a/b', 'arn:aws:ssm:us-east-1:210987654321:parameter/a/b'],
    ['arn:aws:secretsmanager:us-east-1:210987654321:secret:db-AbCdEf', 'arn:aws:secretsmanager:us-east-1:210987654321:secret:db-AbCdEf'],
    ['arn:aws:secretsmanager:us-east-1:210987654321:secret:db:user', 'arn:aws:secretsmanager:us-east-1:210987654321:secret:db-??????'],
  ])('%s may be read as %s', (text, resource) => expect(parseReference(text)?.resource(PLACE)).toBe(resource));

  test.each(['', 'hunter2', 'ssm:', 'ssm:/a//b', 'ssm:/a/*', 'secretsmanager:', 'secretsmanager:a:b:c', 'secretsmanager:a*', 'arn:aws:s3:::bucket', 'arn:aws:ssm:eu-west-1:123456789012:parameter/*'])(
    '%j is none',
    (text) => expect(parseReference(text)).toBeNull(),
  );
});

async function everyObject(): Promise<string> {
  const Bucket = 'mlfn-123456789012-eu-west-1';
  const { Contents = [] } = await lab.aws.s3.send(new ListObjectsV2Command({ Bucket }));
  const texts = await Promise.all(Contents.map(async ({ Key }) => (await lab.aws.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString('latin1')));
  return texts.join('\n');
}

async function everyLine(name: string): Promise<string> {
  const { events = [] } = await lab.aws.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }));
  return events.map(({ message }) => message).join('\n');
}
