/** IAM: service accounts. Source: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts */
import { invalid, Status } from '../status.ts';
import type { Endpoint } from '../transport/rest.ts';
import type { Account, World } from '../world.ts';

const ACCOUNT = '(?<resource>projects/[^/]+/serviceAccounts/(?<email>[^/:]+))';

export function iam(world: World): Endpoint[] {
  const seen = ({ email, displayName, description, uniqueId, disabled }: Account) => ({ name: `projects/${world.project}/serviceAccounts/${email}`, projectId: world.project, email, displayName, description, uniqueId, oauth2ClientId: uniqueId, etag: 'MDEwMjE5MjA=', ...(disabled && { disabled }) });
  const nameOf = (email: string) => `projects/${world.project}/serviceAccounts/${email}`;
  const find = (email: string): Account => {
    const account = world.accounts.get(email) ?? [...world.accounts.values()].find(({ uniqueId }) => uniqueId === email);
    if (!account) throw new Status('NOT_FOUND', `Unknown service account: ${nameOf(email)}`);
    return account;
  };
  return [
    {
      name: 'serviceAccounts.create',
      method: 'POST',
      path: /^\/v1\/(?<resource>projects\/[^/]+)\/serviceAccounts$/,
      fields: ['accountId', 'serviceAccount'],
      answer: ({ body, caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.create', parts['resource'] as string);
        const { accountId = '', serviceAccount = {} } = body as { accountId?: string; serviceAccount?: { displayName?: string; description?: string } };
        if (!/^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/.test(accountId)) throw invalid('account_id', `The account ID "${accountId}" does not have a length between 6 and 30 or is not of the form [a-z]([-a-z0-9]*[a-z0-9]).`);
        if (world.accounts.has(world.email(accountId))) throw new Status('ALREADY_EXISTS', `Service account ${accountId} already exists within project projects/${world.project}.`);
        if ((serviceAccount.displayName ?? '').length > 100) throw invalid('display_name', 'at most 100 characters.');
        return seen(Object.assign(world.account(accountId, serviceAccount.displayName), { description: serviceAccount.description ?? '' }));
      },
    },
    {
      name: 'serviceAccounts.list',
      method: 'GET',
      path: /^\/v1\/(?<resource>projects\/[^/]+)\/serviceAccounts$/,
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.list', parts['resource'] as string);
        return { accounts: [...world.accounts.values()].map(seen) };
      },
    },
    {
      name: 'serviceAccounts.get',
      method: 'GET',
      path: new RegExp(`^/v1/${ACCOUNT}$`),
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.get', nameOf(parts['email'] as string));
        return seen(find(parts['email'] as string));
      },
    },
    {
      name: 'serviceAccounts.delete',
      method: 'DELETE',
      path: new RegExp(`^/v1/${ACCOUNT}$`),
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.delete', nameOf(parts['email'] as string));
        const { email } = find(parts['email'] as string);
        world.accounts.delete(email);
        world.policies.remove(nameOf(email));
        world.policies.orphan(`serviceAccount:${email}`);
      },
    },
    {
      name: 'serviceAccounts.getIamPolicy',
      method: 'POST',
      path: new RegExp(`^/v1/${ACCOUNT}:getIamPolicy$`),
      fields: ['options'],
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.getIamPolicy', nameOf(parts['email'] as string));
        return world.policies.get(nameOf(find(parts['email'] as string).email));
      },
    },
    {
      name: 'serviceAccounts.setIamPolicy',
      method: 'POST',
      path: new RegExp(`^/v1/${ACCOUNT}:setIamPolicy$`),
      fields: ['policy', 'updateMask'],
      answer: ({ body, caller, parts }) => {
        world.policies.require(caller.member, 'iam.serviceAccounts.setIamPolicy', nameOf(parts['email'] as string));
        return world.policies.set(nameOf(find(parts['email'] as string).email), body['policy'] ?? {});
      },
    },
    {
      name: 'serviceAccounts.testIamPermissions',
      method: 'POST',
      path: new RegExp(`^/v1/${ACCOUNT}:testIamPermissions$`),
      fields: ['permissions'],
      answer: ({ body, caller, parts }) => {
        const { permissions = [] } = body as { permissions?: string[] };
        const given = permissions.filter((permission) => world.policies.allows(caller.member, permission, nameOf(parts['email'] as string)));
        return given.length > 0 ? { permissions: given } : {};
      },
    },
  ];
}
