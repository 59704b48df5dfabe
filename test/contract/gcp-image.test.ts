import { describe } from 'vitest';
import { startGcp } from '../fakes/gcp/start.ts';
import { debian } from '../oci/programs.ts';
import { contractSuite } from './suite.ts';

describe.each([
  ['mode image', { mode: 'image' }],
  ['--package image', {}],
] as const)('gcp, %s', (_, section) => {
  contractSuite(async () => {
    const gcp = await startGcp({ operations: 50 });
    Object.assign(process.env, gcp.env);
    // Without the API of Cloud Functions, which images have no use for.
    gcp.world.apis.delete('cloudfunctions.googleapis.com');
    return { target: 'gcp', section, packages: { package: 'image', base: `oci:${debian}:trixie` }, close: () => gcp.stop() };
  });
});
