/**
 * Cloud Functions v2 as JSON over HTTP, at the same address: the way of gcloud, Terraform and Google's own clients with
 * `fallback: true`. Operations can be asked for here only (operations.ts says why). Source of the paths: functions.proto.
 */
import type { Operations } from '../operations.ts';
import { locations } from '../locations.ts';
import { fromJson, toJson } from '../transport/json.ts';
import type { Asked, Endpoint } from '../transport/rest.ts';
import type { Functions } from './functions.ts';

const LOCATION = 'projects/[^/]+/locations/[^/]+';

export function functionsJson(functions: Functions, operations: Operations): Endpoint[] {
  const { methods } = functions;
  const endpoint = (name: string, method: Endpoint['method'], path: string, answer: (asked: Asked, resource: string) => unknown): Endpoint => ({
    name,
    method,
    // The client's list of regions asks v1.
    path: new RegExp(`^/${name.endsWith('Locations') ? 'v[12]' : 'v2'}/(?<resource>${path})$`),
    answer: async (asked) => toJson(await answer(asked, asked.parts['resource'] as string)),
  });
  const page = ({ query }: Asked) => ({ pageSize: Number(query.get('pageSize') ?? 0), ...(query.get('pageToken') && { pageToken: query.get('pageToken') as string }) });
  return [
    endpoint('ListFunctions', 'GET', `${LOCATION}/functions`, (asked, resource) => methods.ListFunctions({ parent: parent(resource), ...page(asked) }, asked.caller)),
    endpoint('CreateFunction', 'POST', `${LOCATION}/functions`, ({ body, query, caller }, resource) => {
      const functionId = query.get('functionId') ?? undefined;
      return methods.CreateFunction({ parent: parent(resource), function: fromJson('Function', body) as never, ...(functionId !== undefined && { functionId }) }, caller);
    }),
    endpoint('GenerateUploadUrl', 'POST', `${LOCATION}/functions:generateUploadUrl`, ({ caller }, resource) => methods.GenerateUploadUrl({ parent: parent(resource) }, caller)),
    endpoint('GetFunction', 'GET', `${LOCATION}/functions/[^/:]+`, ({ caller }, name) => methods.GetFunction({ name }, caller)),
    endpoint('UpdateFunction', 'PATCH', `${LOCATION}/functions/[^/:]+`, ({ body, query, caller }, name) => {
      const paths = (query.get('updateMask') ?? '').split(',').filter(Boolean).map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      return methods.UpdateFunction({ function: { ...(fromJson('Function', body) as object), name }, updateMask: { paths } }, caller);
    }),
    endpoint('DeleteFunction', 'DELETE', `${LOCATION}/functions/[^/:]+`, ({ caller }, name) => methods.DeleteFunction({ name }, caller)),
    endpoint('ListRuntimes', 'GET', `${LOCATION}/runtimes`, ({ caller }, resource) => methods.ListRuntimes({ parent: parent(resource) }, caller)),
    endpoint('GetOperation', 'GET', `${LOCATION}/operations/[^/:]+`, (_asked, name) => operations.get(name)),
    endpoint('ListLocations', 'GET', 'projects/[^/]+/locations', (_asked, resource) => locations.ListLocations({ name: resource.slice(0, -'/locations'.length) })),
    endpoint('GetLocation', 'GET', LOCATION, (_asked, name) => locations.GetLocation({ name })),
  ];
}

/** Without its last part. */
function parent(resource: string): string {
  return resource.slice(0, resource.lastIndexOf('/'));
}
