/** The services of the real APIs, from the protos inside Google's own npm packages. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { loadSync, type MethodDefinition, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';

const require = createRequire(import.meta.url);

function folder(pkg: string): string {
  const main = require.resolve(pkg);
  return path.join(main.slice(0, main.lastIndexOf(`${path.sep}build${path.sep}`)), 'build', 'protos');
}

/** Unset fields are absent; enums are their names, 64-bit numbers are strings. */
const definition: PackageDefinition = loadSync(
  [
    'google/cloud/run/v2/service.proto',
    'google/cloud/run/v2/revision.proto',
    'google/cloud/functions/v2/functions.proto',
    'google/longrunning/operations.proto',
    'google/cloud/location/locations.proto',
    path.join(import.meta.dirname, 'details.proto'),
  ],
  {
    includeDirs: [folder('@google-cloud/run'), folder('@google-cloud/functions'), folder('google-gax')],
    longs: String,
    enums: String,
    defaults: false,
  },
);

const service = (name: string) => definition[name] as ServiceDefinition;

export const RUN_SERVICES = service('google.cloud.run.v2.Services');
export const RUN_REVISIONS = service('google.cloud.run.v2.Revisions');
export const FUNCTIONS = service('google.cloud.functions.v2.FunctionService');
export const LOCATIONS = service('google.cloud.location.Locations');
export const OPERATIONS = service('google.longrunning.Operations');

type Encoding = MethodDefinition<object, object>;

/** google.rpc.Status as the trailer `grpc-status-details-bin` carries it. */
export function encodeStatus(status: object): Buffer {
  return (service('mlfn.fake.Details')['Encode'] as Encoding).requestSerialize(status);
}
