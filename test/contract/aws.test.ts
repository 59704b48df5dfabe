import { describe } from 'vitest';
import { startGate } from '../aws/lab/gate.ts';
import { strictRules } from '../aws/lab/gate/strict.ts';
import { startMinistack } from '../aws/lab/ministack.ts';
import { contractSuite } from './suite.ts';

describe('aws', () => {
  contractSuite(async () => {
    const lab = await startMinistack();
    // Refuses what AWS refuses: roles of a second ago, wrong revisions, changes of a function that is being changed.
    const gate = await startGate({ target: lab.endpoint, rules: strictRules(lab.env) });
    // The SDK's chain of credentials reads the variables of the process.
    Object.assign(process.env, gate.env);
    return {
      target: 'aws',
      section: {},
      close: async () => {
        await gate.stop();
        await lab.stop();
      },
    };
  });
});
