/** As who an image is sent or fetched: docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry-auth-token */
import { type AuthorizationData, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { MlfnError } from '../../../errors.ts';
import type { Context } from '../../../events.ts';
import type { RegistryLogin } from '../../provider.ts';
import { call } from '../call.ts';
import { configSchema } from '../config.ts';
import { openSession, type Session } from '../session.ts';

/** A login for hours, and the registry's host. */
export async function tokenLogin(session: Session): Promise<{ login: RegistryLogin; registry: string }> {
  const ecr = await session.ecr();
  const { authorizationData } = await call({ action: 'ecr:GetAuthorizationToken', resource: '*' }, () => ecr.send(new GetAuthorizationTokenCommand({}), { abortSignal: session.ctx.signal }));
  const [{ authorizationToken = '', proxyEndpoint = '' } = {} as AuthorizationData] = authorizationData ?? [];
  const [user = '', ...rest] = Buffer.from(authorizationToken, 'base64').toString().split(':');
  return { login: { user, password: rest.join(':') }, registry: new URL(proxyEndpoint).host };
}

const HOST = /^\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** Null for other registries, and where there are no credentials. */
export async function loginFor(ctx: Context, host: string): Promise<RegistryLogin | null> {
  const region = HOST.exec(host)?.[1];
  if (region === undefined) return null;
  try {
    return (await tokenLogin(await openSession(ctx, configSchema.parse({ region })))).login;
  } catch (error) {
    if (error instanceof MlfnError && error.code === 'AWS_CREDENTIALS') return null;
    throw error;
  }
}
