import { access } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Context } from '../../events.ts';
import type { Check } from './check.ts';

/** Only whether there are any: the local target needs none, and nothing of them is read. */
export const credentials: Check = {
  name: 'clouds',
  run: async ({ env }) => [
    { state: 'note', text: `AWS: ${await aws(env)}` },
    { state: 'note', text: `Google Cloud: ${await google(env)}` },
  ],
};

async function aws(env: Context['env']): Promise<string> {
  const variable = ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_WEB_IDENTITY_TOKEN_FILE'].find((name) => env[name]);
  if (variable !== undefined) return `credentials by ${variable}`;
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] ?? path.join(userFolder(env), '.aws', 'credentials');
  return (await exists(file)) ? `credentials in ${file}` : 'no credentials (the local target needs none)';
}

async function google(env: Context['env']): Promise<string> {
  if (env['GOOGLE_APPLICATION_CREDENTIALS']) return 'credentials by GOOGLE_APPLICATION_CREDENTIALS';
  const folder = env['CLOUDSDK_CONFIG'] ?? path.join(env['APPDATA'] ?? path.join(userFolder(env), '.config'), 'gcloud');
  const file = path.join(folder, 'application_default_credentials.json');
  return (await exists(file)) ? `credentials in ${file}` : 'no credentials (the local target needs none)';
}

function userFolder(env: Context['env']): string {
  return env['HOME'] ?? env['USERPROFILE'] ?? os.tmpdir();
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(() => true, () => false);
}
