import { MlfnError } from '../../errors.ts';
import { command } from '../command.ts';

interface Script {
  shell: string;
  script: string;
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completion = command({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  details: 'bash: source <(mlfn completion bash) in ~/.bashrc. zsh: the same in ~/.zshrc, below compinit. fish: into ~/.config/fish/completions/mlfn.fish.',
  arguments: [{ name: 'shell', summary: 'Which shell', required: true, choices: SHELLS }],
  options: {},
  examples: [
    ['completion bash', 'to be sourced'],
    ['completion fish > ~/.config/fish/completions/mlfn.fish', 'once, for fish'],
  ],
  homeless: true,
  async run(_ctx, { shell }): Promise<Script> {
    const { COMMANDS } = await import('./index.ts');
    const { commandWords, globalFlags } = await import('../completion/words.ts');
    const [commands, globals] = [commandWords(COMMANDS), globalFlags()];
    switch (shell) {
      case 'bash':
        return { shell, script: (await import('../completion/bash.ts')).bashScript(commands, globals) };
      case 'zsh':
        return { shell, script: (await import('../completion/zsh.ts')).zshScript(commands, globals) };
      case 'fish':
        return { shell, script: (await import('../completion/fish.ts')).fishScript(commands, globals) };
      default:
        throw new MlfnError('CLI_USAGE', `There is no completion for ${shell}.`, { hint: `Use one of: ${SHELLS.join(', ')}.` });
    }
  },
  text: ({ script }) => [script.trimEnd()],
});
