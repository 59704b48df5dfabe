import type { Check } from './check.ts';

/** `bin/mlfn.js` lets no older one in, so this only says which one it is. */
export const node: Check = {
  name: 'node',
  run: async () => [{ state: 'ok', text: `${process.version}  ${process.execPath}` }],
};
