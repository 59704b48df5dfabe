import { describe } from 'vitest';
import { stopDaemon } from '../../src/providers/local/index.ts';
import { contractSuite } from './suite.ts';

describe('local', () => {
  contractSuite(async () => ({ target: 'local', section: {}, close: async (ctx) => void (await stopDaemon(ctx)) }));
});
