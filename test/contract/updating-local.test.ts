import { describe } from 'vitest';
import { stopDaemon } from '../../src/providers/local/index.ts';
import { updatingSuite } from './updating.ts';

describe('local', () => {
  updatingSuite(async () => ({ target: 'local', section: {}, close: async (ctx) => void (await stopDaemon(ctx)) }), { canaries: false });
});
