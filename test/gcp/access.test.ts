/** Credentials of every usual kind, as Google's own library finds them: whose they are, and the ID token that each comes to. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gcp, startGcp } from '../fakes/gcp/start.ts';
import { CLIENT, type Google, startGoogle } from './google.ts';

const AUDIENCE = 'https://heart-abc-ew.a.run.app';
const RUNNER = 'runner@lab.iam.gserviceaccount.com';
const IMPERSONATE = (email: string) => `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;

let gcp: Gcp;
let google: Google;
let folder: string;
beforeAll(async () => {
  gcp = await startGcp();
  google = await startGoogle();
  folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-credentials-'));
  await build({ entryPoints: [path.join(import.meta.dirname, 'token-asker.mjs')], outfile: path.join(folder, 'asker.mjs'), bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  // Packages are found from where the file is.
  symlinkSync(path.join(import.meta.dirname, '../../node_modules'), path.join(folder, 'node_modules'), 'junction');
});
afterAll(async () => {
  await google?.stop();
  await gcp?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  google.asked.length = 0;
  gcp.clear();
});

interface Said {
  who: { kind: string; account: string | null };
  claims: { aud: string; email: string };
  kept: boolean;
  other: boolean;
  error?: { code: string; message: string; hint: string };
}

/** What a process with this credential file, or the metadata server alone, says. */
async function ask(file: object | null, env: Record<string, string> = {}): Promise<Said> {
  const at = path.join(folder, 'credentials.json');
  writeFileSync(at, JSON.stringify(file));
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, ...google.env, ...(file === null ? gcp.env : { METADATA_SERVER_DETECTION: 'none', GOOGLE_APPLICATION_CREDENTIALS: at }), ...env };
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(folder, 'asker.mjs'), AUDIENCE], { env: own });
  return JSON.parse(stdout) as Said;
}

const person = (refresh_token: string) => ({ type: 'authorized_user', client_id: CLIENT, client_secret: 'lab', refresh_token });
const federated = (more: object = {}) => {
  writeFileSync(path.join(folder, 'subject'), 'eyJhbGciOiJub25lIn0.e30.');
  const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/main';
  return { type: 'external_account', audience, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: 'https://sts.googleapis.com/v1/token', credential_source: { file: path.join(folder, 'subject') }, ...more };
};

test('the metadata server, as on a machine of the cloud', async () => {
  const said = await ask(null);
  expect(said).toMatchObject({ who: { kind: 'metadata', account: gcp.world.email('deployer') }, claims: { aud: AUDIENCE, email: gcp.world.email('deployer') }, kept: true, other: false });
  expect(gcp.calls.filter(({ name }) => name === 'metadata:identity')).toHaveLength(2);
});

test('a metadata server without an account has no identities', async () => {
  gcp.metadata.refusing = true;
  const { error } = await ask(null);
  gcp.metadata.refusing = false;
  expect(error).toMatchObject({ code: 'GCP_CREDENTIALS', message: expect.stringContaining('no service account') });
});

test('a key file of a service account', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = { type: 'service_account', project_id: 'lab', client_email: RUNNER, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  expect(await ask(file)).toMatchObject({ who: { kind: 'key', account: RUNNER }, claims: { aud: AUDIENCE, email: RUNNER }, kept: true, other: false });
});

test('a person: the audience is gcloud, which Cloud Run takes', async () => {
  expect(await ask(person('good'))).toMatchObject({ who: { kind: 'user', account: 'ada@example.com' }, claims: { aud: CLIENT, email: 'ada@example.com' }, kept: true });
});

test('a token is kept for its audience until shortly before its end', async () => {
  const refreshed = () => google.asked.filter(({ body }) => body['grant_type'] === 'refresh_token').length;
  await ask(person('good'));
  // An access token, and an ID token for each of two audiences, of four times that one was asked for.
  expect(refreshed()).toBe(3);
  google.asked.length = 0;
  await ask(person('short'));
  expect(refreshed()).toBe(4);
});

test('a person whose sign-in has ended is told to sign in again', async () => {
  const { error } = await ask(person('revoked'));
  expect(error).toMatchObject({ code: 'GCP_CREDENTIALS_EXPIRED', hint: expect.stringContaining('gcloud auth application-default login') });
});

test('a person who signed in without openid is told so', async () => {
  const { error } = await ask(person('without-openid'));
  expect(error).toMatchObject({ code: 'GCP_ID_TOKEN', message: expect.stringContaining('openid'), hint: expect.stringContaining('without --scopes') });
});

test('a person in the name of a service account', async () => {
  const file = { type: 'impersonated_service_account', source_credentials: person('good'), service_account_impersonation_url: IMPERSONATE(RUNNER), delegates: [] };
  expect(await ask(file)).toMatchObject({ who: { kind: 'impersonated', account: RUNNER }, claims: { aud: AUDIENCE, email: RUNNER }, kept: true, other: false });
  const [first] = google.asked.filter(({ what }) => what.endsWith(':generateIdToken'));
  expect(first).toMatchObject({ caller: 'user:ada@example.com', body: { audience: AUDIENCE, includeEmail: true } });
});

test('in whose name one may not ask is named, with the permission', async () => {
  const file = { type: 'impersonated_service_account', source_credentials: person('good'), service_account_impersonation_url: IMPERSONATE('forbidden@lab.iam.gserviceaccount.com'), delegates: [] };
  const { error } = await ask(file);
  expect(error).toMatchObject({ code: 'GCP_DENIED', message: expect.stringContaining('iam.serviceAccounts.getOpenIdToken') });
});

test('workload identity federation with a service account: the federated identity asks for the token', async () => {
  const said = await ask(federated({ service_account_impersonation_url: IMPERSONATE(RUNNER) }));
  expect(said).toMatchObject({ who: { kind: 'workload', account: RUNNER }, claims: { aud: AUDIENCE, email: RUNNER }, kept: true, other: false });
  expect(google.asked.filter(({ what }) => what.endsWith(':generateIdToken')).map(({ caller }) => caller)).toEqual(['principal:federated', 'principal:federated']);
});

test('workload identity federation without one has no ID tokens', async () => {
  const { error } = await ask(federated());
  expect(error).toMatchObject({ code: 'GCP_ID_TOKEN', message: expect.stringContaining('without a service account'), hint: expect.stringContaining('create-cred-config') });
});

test('none at all', async () => {
  const { error } = await ask({}, { GOOGLE_APPLICATION_CREDENTIALS: '' });
  expect(error).toMatchObject({ code: 'GCP_CREDENTIALS', hint: expect.stringContaining('gcloud auth application-default login') });
});
