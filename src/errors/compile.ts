import type { ErrorTable } from './table.ts';

export const COMPILE_ERRORS = {
  COMPILE_REFUSED: {
    kind: 'model',
    meaning: 'The engine that was asked for by name cannot serve this model, or would answer differently.',
    mend: 'Leave --engine out, or give `--engine native`.',
  },
} as const satisfies ErrorTable;
