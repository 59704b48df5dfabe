import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// `npm run test:page` needs a browser, so its suite runs apart (MLFN_SUITE=page).
const page = process.env['MLFN_SUITE'] === 'page';

export default defineConfig({
  test: {
    include: page ? ['test/page/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: page ? [] : ['test/page/**', ...(process.env['MLFN_FAULTS'] === 'all' ? [] : ['test/aws/faults-every.test.ts'])],
    globalSetup: existsSync('test/build.ts') ? ['test/build.ts'] : [],
    reporters: ['default', ['json', { outputFile: `test-results/${page ? 'page' : 'vitest'}.json` }]],
    // Most tests wait for processes and sockets: two at a time keep two processors busy.
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
