import type { Check } from './check.ts';

export const python: Check = {
  name: 'python',
  run: async (ctx) => {
    const { findInterpreters } = await import('../../resolve/index.ts');
    const found = await findInterpreters(ctx);
    return found.map(({ version, path, source }) => ({ state: 'ok', text: `${version}  ${path}  (${source})` }));
  },
};
