import { command } from '../command.ts';

/** Asked by the completion scripts on every Tab: whatever goes wrong, there is just nothing to complete. */
export const complete = command({
  name: '__complete',
  summary: 'Words for the shell completion',
  hidden: true,
  arguments: [{ name: 'what', summary: 'Which words', required: true, choices: ['functions'] }],
  options: {},
  examples: [['__complete functions', 'names of what is deployed']],
  async run(ctx): Promise<{ words: string[] }> {
    const [{ loadConfig }, { open }] = await Promise.all([import('../../config/index.ts'), import('../function.ts')]);
    try {
      const { target, targetConfig } = await loadConfig({ ...ctx, cwd: ctx.home.root }, {});
      const { provider, config } = await open(target, targetConfig);
      return { words: (await provider.list(ctx, config)).map(({ name }) => name) };
    } catch {
      return { words: [] };
    }
  },
  text: ({ words }) => words,
});
