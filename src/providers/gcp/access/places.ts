/** Where the policies are kept that mlfn reads and changes, beside that of a service (members.ts). */
import { explainGcp } from '../errors.ts';
import type { Session } from '../session.ts';
import { type Policy, POLICY_VERSION, type PolicyPlace } from './policy.ts';

/** cloud.google.com/resource-manager/reference/rest/v3/projects/setIamPolicy */
export function projectPlace(session: Session): PolicyPlace {
  const path = `/v3/projects/${session.project}`;
  const options = { requestedPolicyVersion: POLICY_VERSION };
  return {
    get: () => session.request<Policy>('cloudresourcemanager', 'POST', `${path}:getIamPolicy`, { options }, 'resourcemanager.projects.getIamPolicy'),
    set: (policy) => session.request('cloudresourcemanager', 'POST', `${path}:setIamPolicy`, { policy }, 'resourcemanager.projects.setIamPolicy'),
  };
}

/** @param secret `projects/p/secrets/token` */
export function secretPlace(session: Session, secret: string): PolicyPlace {
  const asked = `options.requestedPolicyVersion=${POLICY_VERSION}`;
  return {
    get: () => session.request<Policy>('secretmanager', 'GET', `/v1/${secret}:getIamPolicy?${asked}`, undefined, 'secretmanager.secrets.getIamPolicy'),
    set: (policy) => session.request('secretmanager', 'POST', `/v1/${secret}:setIamPolicy`, { policy }, 'secretmanager.secrets.setIamPolicy'),
  };
}

/** A bucket with a condition in its policy needs uniform access: cloud.google.com/storage/docs/access-control/iam#conditions */
export function bucketPlace(session: Session, name = session.bucket): PolicyPlace {
  const resource = `gs://${name}`;
  const iam = async () => (await session.storage()).bucket(name).iam;
  return {
    async get() {
      const [policy] = await (await iam()).getPolicy({ requestedPolicyVersion: POLICY_VERSION }).catch((error: unknown) => {
        throw explainGcp(error, { permission: 'storage.buckets.getIamPolicy', resource });
      });
      return policy as Policy;
    },
    async set(policy) {
      await (await iam()).setPolicy(policy as never).catch((error: unknown) => {
        throw explainGcp(error, { permission: 'storage.buckets.setIamPolicy', resource });
      });
    },
  };
}
