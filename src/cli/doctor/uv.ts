import type { Check } from './check.ts';

/** Asks for it as a deploy would: when there is none on PATH, mlfn's own is brought into the cache. */
export const uv: Check = {
  name: 'uv',
  run: async (ctx) => {
    const { findUv } = await import('../../resolve/index.ts');
    const { version, path, source } = await findUv(ctx);
    return [{ state: 'ok', text: `${version}  ${path}${source === 'mlfn' ? "  (mlfn's own)" : ''}` }];
  },
};
