/** Credentials of every usual kind, as the SDK's chain finds them, by the command line as a process against STS of the emulator. */
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { start } from '../cli/lab.ts';
import { clientsOf } from './lab/clients.ts';
import { ACCOUNT, awsEnv, REGION } from './lab/credentials.ts';
import { type Ministack, startMinistack } from './lab/ministack.ts';

/** Twelve digits are the root of that account: who was asked with them says so. */
const KEYS = { AccessKeyId: '222222222222', SecretAccessKey: 'test' };
const LATER = () => new Date(Date.now() + 3_600_000).toISOString();

let cloud: Ministack;
const home = mkdtempSync(path.join(os.tmpdir(), 'mlfn-credentials-'));
beforeAll(async () => {
  cloud = await startMinistack();
  const { iam, destroy } = clientsOf(cloud.env);
  for (const RoleName of ['Deployer', 'Ci']) {
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
    const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument: JSON.stringify(all) }));
  }
  destroy();
  mkdirSync(path.join(home, '.aws', 'sso', 'cache'), { recursive: true });
  writeFileSync(path.join(home, 'app.py'), 'def answer(payload):\n    return payload\n');
});
afterAll(async () => {
  await cloud?.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
});

/** What a deploy says of who it is, with nothing of the lab's own keys. */
async function whoAmI(env: Record<string, string | undefined>, config = '', ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const file = path.join(home, '.aws', 'config');
  writeFileSync(file, config);
  const { AWS_ACCESS_KEY_ID: _a, AWS_SECRET_ACCESS_KEY: _s, ...rest } = awsEnv(cloud.endpoint);
  const around = { ...rest, AWS_CONFIG_FILE: file, HOME: home, USERPROFILE: home, ...env };
  const { code, stderr } = await start(['deploy', 'app.py:answer', '--target', 'aws', '--dry-run', ...args], { cwd: home, env: around }).ended;
  return { code, stderr };
}

/** A server of somebody's credentials; `answer` is its JSON. */
async function answers(answer: (request: IncomingMessage) => unknown): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(request)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const root = (account: string) => `account ${account}    ${REGION}    arn:aws:iam::${account}:root`;
const shown = (text: string) => ({ code: 0, stderr: expect.stringContaining(text) });
const SOURCE = `[profile source]\naws_access_key_id = 111111111111\naws_secret_access_key = test\n`;

test('variables', async () => {
  expect(await whoAmI({ AWS_ACCESS_KEY_ID: KEYS.AccessKeyId, AWS_SECRET_ACCESS_KEY: 'test' })).toEqual(shown(root('222222222222')));
});

test('a profile, by --profile and by AWS_PROFILE, with its region', async () => {
  const config = `${SOURCE}region = eu-north-1\n`;
  const own = `account 111111111111    eu-north-1    arn:aws:iam::111111111111:root`;
  const noRegion = { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined };
  expect(await whoAmI(noRegion, config, '--profile', 'source')).toEqual(shown(own));
  expect(await whoAmI({ AWS_PROFILE: 'source', ...noRegion }, config)).toEqual(shown(own));
});

test('a profile that assumes a role', async () => {
  const config = `${SOURCE}[profile deployer]\nrole_arn = arn:aws:iam::${ACCOUNT}:role/Deployer\nsource_profile = source\nrole_session_name = me\n`;
  expect(await whoAmI({}, config, '--profile', 'deployer')).toEqual(shown(`arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/me`));
});

test('a process that prints keys', async () => {
  const file = path.join(home, 'keys.mjs');
  writeFileSync(file, `console.log(${JSON.stringify(JSON.stringify({ Version: 1, ...KEYS, Expiration: LATER() }))})`);
  const config = `[profile vault]\ncredential_process = "${process.execPath}" "${file}"\n`;
  expect(await whoAmI({}, config, '--profile', 'vault')).toEqual(shown(root('222222222222')));
});

test('a web identity, as in GitHub Actions and EKS', async () => {
  const token = path.join(home, 'token');
  writeFileSync(token, 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjaSJ9.');
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/Ci`, AWS_ROLE_SESSION_NAME: 'run' };
  expect(await whoAmI(env)).toEqual(shown(`arn:aws:sts::${ACCOUNT}:assumed-role/Ci/run`));
});

test('a container, as in ECS and CodeBuild', async () => {
  const { url, asked } = await answers(() => ({ ...KEYS, Token: 'session', Expiration: LATER() }));
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic abc' };
  expect(await whoAmI(env)).toEqual(shown('account 222222222222'));
  expect(asked[0]?.headers.authorization).toBe('Basic abc');
});

const SSO = `[profile work]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = Deployer\n[sso-session corp]\nsso_region = ${REGION}\nsso_start_url = https://corp.example/start\n`;
const cached = (token: Record<string, unknown>) =>
  writeFileSync(path.join(home, '.aws', 'sso', 'cache', `${createHash('sha1').update('corp').digest('hex')}.json`), JSON.stringify(token));

test('single sign-on', async () => {
  cached({ startUrl: 'https://corp.example/start', region: REGION, accessToken: 'signed-in', expiresAt: LATER() });
  const { url, asked } = await answers(() => ({ roleCredentials: { accessKeyId: KEYS.AccessKeyId, secretAccessKey: 'test', sessionToken: 's', expiration: Date.now() + 3_600_000 } }));
  expect(await whoAmI({ AWS_ENDPOINT_URL_SSO: url }, SSO, '--profile', 'work')).toEqual(shown('account 222222222222'));
  expect(asked[0]?.headers['x-amz-sso_bearer_token']).toBe('signed-in');
});

test('single sign-on that has run out says what to do', async () => {
  cached({ startUrl: 'https://corp.example/start', region: REGION, accessToken: 'signed-in', expiresAt: new Date(Date.now() - 60_000).toISOString() });
  const { code, stderr } = await whoAmI({}, SSO, '--profile', 'work');
  expect([code, stderr]).toEqual([4, expect.stringMatching(/have expired[\s\S]*aws sso login/)]);
});

test('a profile that does not exist is named', async () => {
  const { code, stderr } = await whoAmI({}, SOURCE, '--profile', 'nobody');
  expect([code, stderr]).toEqual([4, expect.stringMatching(/no profile "nobody"[\s\S]*Name one of: source\./)]);
});

test('none at all', async () => {
  const { code, stderr } = await whoAmI({});
  expect([code, stderr]).toEqual([4, expect.stringMatching(/There are no AWS credentials[\s\S]*--profile/)]);
});
