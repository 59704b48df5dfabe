import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { startGate } from '../aws/lab/gate.ts';
import { strictRules } from '../aws/lab/gate/strict.ts';
import { startMinistack } from '../aws/lab/ministack.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { updatingSuite } from './updating.ts';

describe.each(['zip', 'image'] as const)('aws, as %s', (form) => {
  updatingSuite(
    async () => {
      // Handlers share this folder, where on Lambda each environment has a /tmp of its own.
      const temporary = await mkdtemp(path.join(os.tmpdir(), 'mlfn-handlers-'));
      const lab = await startMinistack({ env: { TMPDIR: temporary } });
      const gate = await startGate({ target: lab.endpoint, rules: strictRules(lab.env) });
      Object.assign(process.env, gate.env);
      const base = path.join(temporary, 'base');
      await mkdir(base);
      return {
        target: 'aws',
        section: {},
        packages: form === 'zip' ? {} : { package: form, base: writeSmallBase(base) },
        close: async () => {
          await gate.stop();
          await lab.stop();
          await rm(temporary, { recursive: true, force: true });
        },
      };
    },
    { canaries: true },
  );
});
