/** Resource Manager, Service Usage and Cloud Billing: the project, its policy, its APIs, who pays. */
import { Status } from '../status.ts';
import type { Endpoint } from '../transport/rest.ts';
import { TITLES, type World } from '../world.ts';

/** Source: https://cloud.google.com/resource-manager/reference/rest */
export function resourceManager(world: World): Endpoint[] {
  const own = `projects/${world.project}`;
  return [
    {
      name: 'projects.get',
      method: 'GET',
      path: /^\/(?<version>v[13])\/(?<resource>projects\/[^/:]+)$/,
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'resourcemanager.projects.get', own);
        const seen = { projectId: world.project, createTime: '2024-01-01T00:00:00Z' };
        if (parts['version'] === 'v1') return { ...seen, name: 'A fake project', projectNumber: world.number, lifecycleState: 'ACTIVE' };
        return { ...seen, name: `projects/${world.number}`, displayName: 'A fake project', state: 'ACTIVE' };
      },
    },
    {
      name: 'projects.testIamPermissions',
      method: 'POST',
      path: /^\/v[13]\/(?<resource>projects\/[^/:]+):testIamPermissions$/,
      fields: ['permissions'],
      answer: ({ body, caller }) => {
        const { permissions = [] } = body as { permissions?: string[] };
        if (permissions.length > 100) throw new Status('INVALID_ARGUMENT', 'Too many permissions: at most 100.');
        for (const permission of permissions) if (!/^[a-z]+\.\w+\.\w+$/i.test(permission)) throw new Status('INVALID_ARGUMENT', `Permission ${permission} is not valid for this resource.`);
        const given = permissions.filter((permission) => world.policies.allows(caller.member, permission, own));
        return given.length > 0 ? { permissions: given } : {};
      },
    },
    {
      name: 'projects.getIamPolicy',
      method: 'POST',
      path: /^\/v[13]\/(?<resource>projects\/[^/:]+):getIamPolicy$/,
      fields: ['options'],
      answer: ({ body, caller }) => {
        world.policies.require(caller.member, 'resourcemanager.projects.getIamPolicy', own);
        return world.policies.get(own, requestedVersion(body['options']));
      },
    },
    {
      name: 'projects.setIamPolicy',
      method: 'POST',
      path: /^\/v[13]\/(?<resource>projects\/[^/:]+):setIamPolicy$/,
      fields: ['policy', 'updateMask'],
      answer: ({ body, caller }) => {
        world.policies.require(caller.member, 'resourcemanager.projects.setIamPolicy', own);
        return world.policies.set(own, body['policy'] ?? {});
      },
    },
  ];
}

/** Source: https://cloud.google.com/service-usage/docs/reference/rest/v1/services */
export function serviceUsage(world: World): Endpoint[] {
  const own = `projects/${world.project}`;
  const seen = (service: string) => ({
    name: `projects/${world.number}/services/${service}`,
    config: { name: service, title: TITLES[service] },
    state: world.apis.has(service) ? 'ENABLED' : 'DISABLED',
    parent: `projects/${world.number}`,
  });
  return [
    {
      name: 'services.batchGet',
      method: 'GET',
      path: /^\/v1\/(?<resource>projects\/[^/:]+)\/services:batchGet$/,
      answer: ({ caller, query }) => {
        world.policies.require(caller.member, 'serviceusage.services.get', own);
        const names = query.getAll('names');
        if (names.length > 30) throw new Status('INVALID_ARGUMENT', 'At most 30 services can be asked for at once.');
        return { services: names.map((name) => known(name.slice(name.lastIndexOf('/') + 1))).map(seen) };
      },
    },
    {
      name: 'services.list',
      method: 'GET',
      path: /^\/v1\/(?<resource>projects\/[^/:]+)\/services$/,
      answer: ({ caller, query }) => {
        world.policies.require(caller.member, 'serviceusage.services.list', own);
        const state = /state:(ENABLED|DISABLED)/.exec(query.get('filter') ?? '')?.[1];
        return { services: Object.keys(TITLES).map(seen).filter((one) => state === undefined || one.state === state) };
      },
    },
    {
      name: 'services.get',
      method: 'GET',
      path: /^\/v1\/(?<resource>projects\/[^/:]+\/services\/(?<service>[^/:]+))$/,
      answer: ({ caller, parts }) => {
        world.policies.require(caller.member, 'serviceusage.services.get', own);
        return seen(known(parts['service'] as string));
      },
    },
  ];
}

function known(service: string): string {
  if (service in TITLES) return service;
  throw new Status('PERMISSION_DENIED', `Not found or permission denied for service(s): ${service}.`);
}

/** Source: https://cloud.google.com/billing/docs/reference/rest/v1/projects/getBillingInfo */
export function billing(world: World): Endpoint[] {
  return [
    {
      name: 'projects.getBillingInfo',
      method: 'GET',
      path: /^\/v1\/(?<resource>projects\/[^/:]+)\/billingInfo$/,
      answer: ({ caller }) => {
        world.policies.require(caller.member, 'resourcemanager.projects.get', `projects/${world.project}`);
        const enabled = world.billed;
        return { name: `projects/${world.project}/billingInfo`, projectId: world.project, billingAccountName: enabled ? 'billingAccounts/012345-567890-ABCDEF' : '', billingEnabled: enabled };
      },
    },
  ];
}

function requestedVersion(options: { requestedPolicyVersion?: number } | undefined): number {
  return options?.requestedPolicyVersion ?? 1;
}
