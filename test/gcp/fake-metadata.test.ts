import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from './fake-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.stop());

const ask = async (path: string, headers: Record<string, string> = { 'metadata-flavor': 'Google' }) => {
  const answer = await fetch(`${lab.metadata.url}/computeMetadata/v1/${path}`, { headers });
  return { status: answer.status, text: await answer.text(), flavor: answer.headers.get('metadata-flavor') };
};
const ACCOUNT = 'instance/service-accounts/default';

test('it says which project, number, region and account', async () => {
  const { world } = lab;
  expect((await ask('project/project-id')).text).toBe(world.project);
  expect((await ask('project/numeric-project-id')).text).toBe(world.number);
  expect((await ask('instance/region')).text).toBe(`projects/${world.number}/regions/europe-west1`);
  expect(await ask(`${ACCOUNT}/email`)).toEqual({ status: 200, text: world.email('deployer'), flavor: 'Google' });
});

test('it answers nobody who does not ask as of a metadata server', async () => {
  expect((await ask(`${ACCOUNT}/token`, {})).status).toBe(403);
});

test('access tokens live as long as they say', async () => {
  lab.metadata.lifetime = 1;
  const { text } = await ask(`${ACCOUNT}/token`);
  lab.metadata.lifetime = 3600;
  const { access_token: token, expires_in: lifetime } = JSON.parse(text) as { access_token: string; expires_in: number };
  expect(lifetime).toBe(1);
  const status = async () => (await fetch(`${lab.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM']}v1/projects/${lab.project}/serviceAccounts`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await status()).toBe(200);
  await expect.poll(status, { timeout: 10_000 }).toBe(401);
});

test('ID tokens are for the audience that was asked for, and for none there are none', async () => {
  const { text } = await ask(`${ACCOUNT}/identity?audience=https://a.example`);
  const claims = JSON.parse(Buffer.from(text.split('.')[1] as string, 'base64url').toString()) as object;
  expect(claims).toMatchObject({ aud: 'https://a.example', email: lab.world.email('deployer'), email_verified: true, iss: 'https://accounts.google.com' });
  expect((await ask(`${ACCOUNT}/identity`)).status).toBe(400);
});

test('without an account there are no tokens', async () => {
  lab.metadata.refusing = true;
  expect((await ask(`${ACCOUNT}/token`)).status).toBe(404);
  lab.metadata.refusing = false;
  expect((await ask('instance/service-accounts/other@example.com/token')).status).toBe(404);
});

test('a fault is for the metadata server, too', async () => {
  lab.fault({ operation: 'metadata:token' }, { code: 'UNAVAILABLE' });
  expect((await ask(`${ACCOUNT}/token`)).status).toBe(503);
  lab.fault({ operation: 'metadata:token' }, { kind: 'cut-before' });
  await expect(ask(`${ACCOUNT}/token`)).rejects.toThrow(/fetch failed/);
});
