/** IAM Service Account Credentials: tokens in another account's name. Source: https://cloud.google.com/iam/docs/reference/credentials/rest */
import { idToken } from '../identity/tokens.ts';
import { Status } from '../status.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { World } from '../world.ts';

export function iamCredentials(world: World): Endpoint[] {
  const account = ({ parts, caller }: Asked, permission: string): string => {
    const email = parts['email'] as string;
    world.policies.require(caller.member, permission, `projects/${world.project}/serviceAccounts/${email}`);
    if (!world.accounts.has(email)) throw new Status('NOT_FOUND', `Not found; Gaia id not found for email ${email}`);
    return email;
  };
  const path = (method: string) => new RegExp(`^/v1/(?<resource>projects/-/serviceAccounts/(?<email>[^/:]+)):${method}$`);
  return [
    {
      name: 'generateAccessToken',
      method: 'POST',
      path: path('generateAccessToken'),
      fields: ['delegates', 'scope', 'lifetime'],
      answer: (asked) => {
        const email = account(asked, 'iam.serviceAccounts.getAccessToken');
        const { scope = [] } = asked.body as { scope?: string[] };
        if (scope.length === 0) throw new Status('INVALID_ARGUMENT', 'Request contains an invalid argument: scope must be set.');
        return { accessToken: world.tokens.access(`serviceAccount:${email}`), expireTime: new Date(Date.now() + 3_600_000).toISOString() };
      },
    },
    {
      name: 'generateIdToken',
      method: 'POST',
      path: path('generateIdToken'),
      fields: ['delegates', 'audience', 'includeEmail', 'organizationNumberIncluded', 'useEmailAzp'],
      answer: (asked) => {
        const email = account(asked, 'iam.serviceAccounts.getOpenIdToken');
        const { audience } = asked.body as { audience?: string };
        if (!audience) throw new Status('INVALID_ARGUMENT', 'Request contains an invalid argument: audience must be set.');
        return { token: idToken(email, audience) };
      },
    },
  ];
}
