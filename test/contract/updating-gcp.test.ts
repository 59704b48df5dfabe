import { describe } from 'vitest';
import { startGcp } from '../fakes/gcp/start.ts';
import { updatingSuite } from './updating.ts';

describe.each(['run', 'function'] as const)('gcp, mode %s', (mode) => {
  updatingSuite(
    async () => {
      const gcp = await startGcp();
      Object.assign(process.env, gcp.env);
      return { target: 'gcp', section: { mode }, close: () => gcp.stop() };
    },
    { canaries: true },
  );
});
