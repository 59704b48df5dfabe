/** The Function URL: the printed line works as it is, what is closed stays closed, and nothing is opened more than asked for. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetFunctionUrlConfigCommand, GetPolicyCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET_KEY } from './lab/credentials.ts';
import { ask, paste, shownTry } from './http-lab.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

let lab: SettingsLab;
beforeAll(async () => {
  lab = await startSettingsLab();
});
afterAll(async () => lab?.stop());

async function statements(name: string): Promise<{ Sid: string; Principal: unknown; Action: string; Condition?: unknown }[]> {
  const policy = await lab.aws.lambda.send(new GetPolicyCommand({ FunctionName: name, Qualifier: 'live' })).catch(() => null);
  return policy === null ? [] : JSON.parse(policy.Policy ?? '').Statement;
}

const said = () => lab.events.filter((event) => event.type === 'warning').map((event) => event.text);

describe('a closed endpoint', () => {
  test('has no statement in its policy, refuses the unsigned, and answers the line that was printed', async () => {
    const made = await lab.deploy('shut');
    expect(await statements('shut')).toEqual([]);
    expect((await ask(lab, made.url ?? '')).status).toBe(403);
    const { line, note } = await shownTry(lab, made);
    expect(line).toContain('curl --connect-to ::127.0.0.1:');
    expect(line).toContain('--aws-sigv4 aws:amz:eu-west-1:lambda --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" http://');
    expect(note).toBeNull();
    expect(JSON.parse((await paste(lab, line)).stdout)).toHaveProperty('got');
  }, 60_000);

  test('refuses the line of whoever has another secret', async () => {
    const made = await lab.deploy('shut');
    const { line } = await shownTry(lab, made);
    const refused = await paste(lab, `${line} -w '%{http_code}'`, { AWS_SECRET_ACCESS_KEY: 'another' });
    expect(refused.stdout).toMatch(/403$/);
  }, 60_000);

  test('posts the sample that the deploy had, from a file with a space in its name', async () => {
    const sample = path.join(lab.ctx.cwd, 'my sample.json');
    await writeFile(sample, `{"it's": "here"}`);
    const made = await lab.deploy('sampled', { sample });
    const { line } = await shownTry(lab, made, {}, sample);
    expect(line).toContain('-d "@my sample.json"');
    expect(JSON.parse((await paste(lab, line)).stdout)).toEqual({ got: { "it's": 'here' } });
  }, 60_000);

  test('prints no secret, and says how to get the keys of a session into the shell', async () => {
    const made = await lab.deploy('shut');
    Object.assign(process.env, { AWS_SESSION_TOKEN: 'a-token-of-a-session', AWS_SECRET_ACCESS_KEY: 'a-very-secret-key' });
    try {
      const { line } = await shownTry(lab, made, { httpApi: false });
      expect(line).toContain('-H "x-amz-security-token: $AWS_SESSION_TOKEN"');
      expect(line).not.toMatch(/a-token-of-a-session|a-very-secret-key/);
    } finally {
      delete process.env['AWS_SESSION_TOKEN'];
      process.env['AWS_SECRET_ACCESS_KEY'] = SECRET_KEY;
    }
  }, 60_000);

  test('of a profile needs the keys in the shell first: one line says how, and it works', async () => {
    const made = await lab.deploy('shut');
    const file = path.join(lab.ctx.cwd, 'credentials');
    await writeFile(file, '[work]\naws_access_key_id = test\naws_secret_access_key = test\n');
    const before = process.env['AWS_SHARED_CREDENTIALS_FILE'];
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = file;
    try {
      const { note, line } = await shownTry(lab, made, { profile: 'work', region: 'eu-west-1' });
      expect(note).toContain('eval "$(aws configure export-credentials --profile work --format env)"');
      expect(note).toContain('mlfn invoke');
      expect(JSON.parse((await paste(lab, line)).stdout)).toHaveProperty('got');
    } finally {
      process.env['AWS_SHARED_CREDENTIALS_FILE'] = before;
    }
  }, 60_000);
});

describe('--public', () => {
  test('opens it, loudly, with the two statements that everyone needs and no more; without it it is closed again', async () => {
    const made = await lab.deploy('door', { section: { public: true } });
    expect(said()).toContainEqual(expect.stringContaining('door IS OPEN: everyone'));
    expect((await statements('door')).map(({ Sid, Principal, Action }) => [Sid, Principal, Action])).toEqual([
      ['mlfn-public-url', '*', 'lambda:InvokeFunctionUrl'],
      ['mlfn-public-function', '*', 'lambda:InvokeFunction'],
    ]);
    expect((await ask(lab, made.url ?? '')).status).toBe(200);
    const { line, note } = await shownTry(lab, made, { public: true });
    expect(line).not.toContain('sigv4');
    expect(note).toBeNull();
    expect(JSON.parse((await paste(lab, line, { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined })).stdout)).toHaveProperty('got');

    const closed = await lab.deploy('door');
    expect(closed.steps.map((step) => step.kind)).toEqual(['ensure']);
    expect(await statements('door')).toEqual([]);
    expect((await ask(lab, made.url ?? '')).status).toBe(403);
    expect((await lab.deploy('door')).status).toBe('up-to-date');
  }, 60_000);

  test('is not more open than asked for at any call in between', async () => {
    await lab.deploy('swing');
    lab.gate.clear();
    await lab.deploy('swing', { section: { public: true } });
    expect(lab.gate.changes()).toEqual(['lambda:UpdateFunctionUrlConfig', 'lambda:AddPermission', 'lambda:AddPermission']);
    lab.gate.clear();
    await lab.deploy('swing');
    expect(lab.gate.changes()).toEqual(['lambda:RemovePermission', 'lambda:RemovePermission', 'lambda:UpdateFunctionUrlConfig']);
  }, 60_000);
});

describe('CORS', () => {
  const cors = { origins: ['https://shop.example'], headers: ['Content-Type'], maxAge: 60 };

  test("is the URL's own: the preflight is answered there, the function sends no such field, and it goes away again", async () => {
    const made = await lab.deploy('cors', { section: { public: true, cors } });
    const preflight = await ask(lab, made.url ?? '', { method: 'OPTIONS', headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' } });
    expect(preflight.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example', 'access-control-allow-methods': 'GET,POST', 'access-control-max-age': '60' });
    expect((await ask(lab, made.url ?? '', { headers: { origin: 'https://evil.example' } })).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await lab.deploy('cors', { section: { public: true, cors: { ...cors, headers: ['content-type'] } } })).status).toBe('up-to-date');

    expect((await lab.deploy('cors', { section: { public: true } })).steps.map((step) => step.kind)).toEqual(['ensure']);
    const config = await lab.aws.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: 'cors', Qualifier: 'live' }));
    expect(config.Cors ?? {}).toEqual({});
    expect((await lab.deploy('cors', { section: { public: true } })).status).toBe('up-to-date');
  }, 60_000);
});
