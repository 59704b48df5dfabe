import { describe } from 'vitest';
import { startGcp } from '../fakes/gcp/start.ts';
import { contractSuite } from './suite.ts';

describe.each(['run', 'function'] as const)('gcp, mode %s', (mode) => {
  contractSuite(async () => {
    const gcp = await startGcp({ operations: 50 });
    // Google's libraries read the variables of the process.
    Object.assign(process.env, gcp.env);
    return { target: 'gcp', section: { mode }, close: () => gcp.stop() };
  });
});
