/** Where a secret is kept: only this is part of a release, never what it holds. */

export type Service = 'secretsmanager' | 'ssm';

export interface Reference {
  service: Service;
  /** What the service is asked for: a name, or an ARN. */
  id: string;
  /** A field of a secret that is a JSON object; null for the whole. */
  key: string | null;
  /** The IAM resource of just this one. */
  resource(place: Place): string;
}

export interface Place {
  partition: string;
  account: string;
  region: string;
}

export const REFERENCE_RULE =
  'a reference to where the value is kept: secretsmanager:NAME, secretsmanager:NAME:FIELD, ssm:/PATH, or the ARN of a secret (with :FIELD) or parameter';

/** docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: what a name may hold. */
const SECRET = /^secretsmanager:([\w/+=.@-]{1,512})(?::([^:]+))?$/;
const SECRET_ARN = /^(arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512})(?::([^:]+))?$/;
/** docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html */
const PARAMETER = /^ssm:(\/?[\w.-]+(?:\/[\w.-]+)*)$/;
const PARAMETER_ARN = /^arn:aws[\w-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[\w./-]+$/;
/** Secrets Manager adds six random characters to a name, docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html */
const RANDOM = '-??????';

/** Null for what is no reference. */
export function parseReference(text: string): Reference | null {
  const secret = SECRET.exec(text);
  if (secret !== null) {
    const id = secret[1] ?? '';
    return {
      service: 'secretsmanager',
      id,
      key: secret[2] ?? null,
      resource: ({ partition, region, account }) => `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}${RANDOM}`,
    };
  }
  const arn = SECRET_ARN.exec(text);
  if (arn !== null) {
    const id = arn[1] ?? '';
    // An ARN may leave the random part out; the permission then must allow for it.
    const resource = /-[A-Za-z0-9]{6}$/.test(id) ? id : id + RANDOM;
    return { service: 'secretsmanager', id, key: arn[2] ?? null, resource: () => resource };
  }
  const parameter = PARAMETER.exec(text);
  if (parameter !== null) {
    const id = parameter[1] ?? '';
    const path = id.startsWith('/') ? id : `/${id}`;
    return { service: 'ssm', id, key: null, resource: ({ partition, region, account }) => `arn:${partition}:ssm:${region}:${account}:parameter${path}` };
  }
  return PARAMETER_ARN.test(text) ? { service: 'ssm', id: text, key: null, resource: () => text } : null;
}
