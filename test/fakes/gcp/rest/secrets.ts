/** Secret Manager. Source: https://cloud.google.com/secret-manager/docs/reference/rest */
import { Status } from '../status.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { Secret, World } from '../world.ts';

const SECRET = '(?<resource>(?<secret>projects/[^/]+/secrets/[^/:]+)';

export function secretManager(world: World): Endpoint[] {
  const nameOf = ({ parts }: Asked) => (parts['secret'] as string).replace(`projects/${world.number}/`, `projects/${world.project}/`);
  const find = (asked: Asked): Secret => {
    const secret = world.secrets.get(nameOf(asked));
    if (!secret) throw new Status('NOT_FOUND', `Secret [${nameOf(asked)}] not found.`);
    return secret;
  };
  const allowed = (permission: string, asked: Asked) => world.policies.require(asked.caller.member, permission, nameOf(asked));
  const version = (asked: Asked): { number: number; value: Buffer | null } => {
    const { versions } = find(asked);
    const wanted = asked.parts['version'] as string;
    const number = wanted === 'latest' ? versions.length : Number(wanted);
    const value = versions[number - 1];
    if (value === undefined) throw new Status('NOT_FOUND', `Secret Version [${nameOf(asked)}/versions/${wanted}] not found.`);
    return { number, value };
  };
  const numbered = (asked: Asked, number: number) => `${nameOf(asked).replace(`projects/${world.project}/`, `projects/${world.number}/`)}/versions/${number}`;
  return [
    {
      name: 'secrets.get',
      method: 'GET',
      path: new RegExp(`^/v1/${SECRET})$`),
      answer: (asked) => {
        allowed('secretmanager.secrets.get', asked);
        find(asked);
        return { name: nameOf(asked), replication: { automatic: {} }, createTime: '2024-01-01T00:00:00Z', etag: '"1"' };
      },
    },
    {
      name: 'versions.get',
      method: 'GET',
      path: new RegExp(`^/v1/${SECRET}/versions/(?<version>[^/:]+))$`),
      answer: (asked) => {
        allowed('secretmanager.versions.get', asked);
        const { number, value } = version(asked);
        return { name: numbered(asked, number), state: value === null ? 'DESTROYED' : 'ENABLED', createTime: '2024-01-01T00:00:00Z', etag: '"1"' };
      },
    },
    {
      name: 'versions.access',
      method: 'GET',
      path: new RegExp(`^/v1/${SECRET}/versions/(?<version>[^/:]+)):access$`),
      answer: (asked) => {
        allowed('secretmanager.versions.access', asked);
        const { number, value } = version(asked);
        if (value === null) throw new Status('FAILED_PRECONDITION', `Secret Version [${numbered(asked, number)}] is in DESTROYED state.`);
        return { name: numbered(asked, number), payload: { data: value.toString('base64') } };
      },
    },
    {
      name: 'secrets.getIamPolicy',
      method: 'GET',
      path: new RegExp(`^/v1/${SECRET}):getIamPolicy$`),
      answer: (asked) => {
        allowed('secretmanager.secrets.getIamPolicy', asked);
        find(asked);
        return world.policies.get(nameOf(asked), Number(asked.query.get('options.requestedPolicyVersion') ?? 1));
      },
    },
    {
      name: 'secrets.setIamPolicy',
      method: 'POST',
      path: new RegExp(`^/v1/${SECRET}):setIamPolicy$`),
      fields: ['policy', 'updateMask'],
      answer: (asked) => {
        allowed('secretmanager.secrets.setIamPolicy', asked);
        find(asked);
        return world.policies.set(nameOf(asked), asked.body['policy'] ?? {});
      },
    },
  ];
}
