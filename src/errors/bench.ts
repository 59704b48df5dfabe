import type { ErrorTable } from './table.ts';

export const BENCH_ERRORS = {
  BENCH_NO_LIVE: {
    kind: 'usage',
    meaning: 'The function that was to be measured has no live release.',
    mend: 'Deploy it first, or give a release the traffic with `mlfn rollback NAME --to N`.',
  },
  BENCH_NO_PAYLOAD: {
    kind: 'usage',
    meaning: 'Nothing says what to ask the function: its release was made without a sample, and no payload was given.',
    mend: 'Give --payload the path of a JSON body.',
  },
  BENCH_REFUSED: {
    kind: 'usage',
    meaning: 'The function refuses the payload (4xx): measuring that would say nothing about its predictions.',
    mend: 'Mend the payload; `mlfn invoke NAME --payload FILE` shows the whole answer.',
  },
  BENCH_FAILED: {
    kind: 'remote',
    meaning: 'The function failed at the first call (5xx), before anything was measured.',
    mend: 'Read `mlfn logs NAME`.',
  },
  BENCH_MEMORY: {
    kind: 'usage',
    meaning: 'The memory sizes cannot be compared on this target, or not of this release.',
    mend: 'Do what the hint says, or leave --memory out and measure the release as it is.',
  },
} as const satisfies ErrorTable;
