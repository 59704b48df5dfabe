import { startGcp } from '../fakes/gcp/start.ts';
import { debian } from '../oci/programs.ts';
import { updatingSuite } from './updating.ts';

updatingSuite(
  async () => {
    const gcp = await startGcp();
    Object.assign(process.env, gcp.env);
    return { target: 'gcp', section: { mode: 'image' }, packages: { package: 'image', base: `oci:${debian}:trixie` }, close: () => gcp.stop() };
  },
  { canaries: true },
);
