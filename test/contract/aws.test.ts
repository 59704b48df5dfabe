import { describe } from 'vitest';
import { startMinistack } from '../aws/lab/ministack.ts';
import { contractSuite } from './suite.ts';

describe('aws', () => {
  contractSuite(async () => {
    const lab = await startMinistack();
    // The SDK's chain of credentials reads the variables of the process.
    Object.assign(process.env, lab.env);
    return { target: 'aws', section: {}, close: async () => lab.stop() };
  });
});
