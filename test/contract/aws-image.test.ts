/** The contract of every target, with images in place of zips: pushed to the registry, and their files really run. */
import { rmSync } from 'node:fs';
import { describe } from 'vitest';
import { startGate } from '../aws/lab/gate.ts';
import { strictRules } from '../aws/lab/gate/strict.ts';
import { startMinistack } from '../aws/lab/ministack.ts';
import { temporary } from '../aws/lab/server.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { contractSuite } from './suite.ts';

describe('aws, of images', () => {
  contractSuite(async () => {
    const lab = await startMinistack();
    const gate = await startGate({ target: lab.endpoint, rules: strictRules(lab.env) });
    // The SDK's chain of credentials reads the variables of the process.
    Object.assign(process.env, gate.env);
    const folder = temporary('base');
    return {
      target: 'aws',
      section: {},
      packages: { package: 'image', base: writeSmallBase(folder) },
      close: async () => {
        await gate.stop();
        await lab.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
});
