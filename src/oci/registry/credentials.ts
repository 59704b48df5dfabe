/**
 * Who we are to a registry, as `docker login` (or podman's) left it: docs.docker.com/reference/cli/docker/login. mlfn keeps no login of
 * its own.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import { json } from '../base/layout.ts';

export type Credentials = { user: string; password: string } | { identityToken: string };

const configSchema = z.looseObject({
  auths: z.record(z.string(), z.looseObject({ auth: z.string(), identitytoken: z.string(), username: z.string(), password: z.string() }).partial()).nullish(),
  credsStore: z.string().nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
});
type Config = z.infer<typeof configSchema>;

/** What docker calls Docker Hub. */
const HUB = 'https://index.docker.io/v1/';
/** By this name a helper tells that what it holds is no password (docs.docker.com/reference/cli/docker/login/#credential-helper-protocol). */
const TOKEN_USER = '<token>';
const HELPER_MS = 60_000;

/** Null where nobody logged in. @throws OCI_LOGIN_FILE | OCI_CREDENTIAL_HELPER */
export async function credentialsFor(ctx: Context, registry: string): Promise<Credentials | null> {
  for (const file of filesOf(ctx)) {
    const config = await read(file);
    const found = config === null ? null : await from(ctx, config, registry);
    if (found !== null) return found;
  }
  return null;
}

function filesOf({ env }: Context): string[] {
  const home = env['HOME'] || env['USERPROFILE'] || os.homedir();
  const docker = path.join(env['DOCKER_CONFIG'] || path.join(home, '.docker'), 'config.json');
  const runtime = env['XDG_RUNTIME_DIR'];
  const podman = [env['REGISTRY_AUTH_FILE'], runtime && path.join(runtime, 'containers', 'auth.json'), path.join(home, '.config', 'containers', 'auth.json')];
  return [docker, ...podman.filter((file) => file !== undefined && file !== '')] as string[];
}

async function read(file: string): Promise<Config | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = configSchema.safeParse(json(text));
  if (parsed.success) return parsed.data;
  throw new MlfnError('OCI_LOGIN_FILE', `${file} is not what docker login writes.`, { hint: 'Mend it, or take it away and log in again.', details: { file } });
}

async function from(ctx: Context, { auths, credsStore, credHelpers }: Config, registry: string): Promise<Credentials | null> {
  const names = registry === 'docker.io' ? [HUB, 'index.docker.io', 'docker.io'] : [registry, `https://${registry}`, `https://${registry}/v2/`, `https://${registry}/v1/`];
  const key = names.find((name) => credHelpers?.[name] !== undefined);
  const helper = (key === undefined ? null : credHelpers?.[key]) ?? credsStore;
  if (helper) {
    const asked = await ask(ctx, helper, key ?? names[0] ?? registry);
    if (asked !== null) return asked;
  }
  const own = names.map((name) => auths?.[name]).find((each) => each !== undefined);
  if (own === undefined) return null;
  if (own.identitytoken) return { identityToken: own.identitytoken };
  const [user = '', ...rest] = own.auth ? Buffer.from(own.auth, 'base64').toString().split(':') : [own.username ?? '', own.password ?? ''];
  return user === '' ? null : { user, password: rest.join(':').replace(/\0+$/, '') };
}

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** `docker-credential-NAME get`, with the registry on its standard input. */
async function ask(ctx: Context, helper: string, registry: string): Promise<Credentials | null> {
  const program = `docker-credential-${helper}`;
  const { code, out } = await run(ctx, program, registry);
  // "credentials not found in native keychain": the protocol's way of saying that there are none.
  if (code !== 0 && /not found/i.test(out)) return null;
  const answer = answerSchema.safeParse(json(out));
  if (code !== 0 || !answer.success) throw helperFailed(program, `it ended with ${code} and said ${JSON.stringify(code === 0 ? 'something else than credentials' : out.trim().slice(0, 300))}`);
  const { Username: user, Secret: secret } = answer.data;
  return user === TOKEN_USER ? { identityToken: secret } : { user, password: secret };
}

function run(ctx: Context, program: string, input: string): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve, reject) => {
    const options = { env: ctx.env, signal: ctx.signal, timeout: HELPER_MS, windowsHide: true, stdio: ['pipe', 'pipe', 'ignore'] as const };
    const child = spawn(program, ['get'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stdin.on('error', () => undefined);
    child.once('error', (cause) => reject(ctx.signal.aborted ? cause : helperFailed(program, `it cannot be started (${(cause as NodeJS.ErrnoException).code})`)));
    child.once('close', (code) => resolve({ code, out }));
    child.stdin.end(input);
  });
}

function helperFailed(program: string, why: string): MlfnError {
  return new MlfnError('OCI_CREDENTIAL_HELPER', `${program}, which docker's config.json names, gave no login: ${why}.`, {
    hint: 'Install it or take it out of config.json, and log in again.',
    details: { program },
  });
}
