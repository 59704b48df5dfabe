/** The scripts run in the shells themselves: bash always, zsh and fish where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bin, mlfn, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const commands = ['inspect', 'deploy', 'invoke', 'releases', 'rollback', 'status', 'logs', 'delete', 'build', 'init', 'doctor', 'stop', 'completion', 'help'];

// What the scripts call for the names of functions: the real answer of `__complete` needs a deploy (test/e2e).
const programs = path.join(cwd, 'programs');
mkdirSync(programs);
writeFileSync(path.join(programs, 'mlfn'), '#!/bin/sh\n[ "$1 $2" = "__complete functions" ] && printf "heart\\nheight\\n"\n', { mode: 0o755 });
mkdirSync(path.join(cwd, 'models'));
writeFileSync(path.join(cwd, 'model one.joblib'), '');
const env = { ...process.env, PATH: `${programs}${path.delimiter}${process.env['PATH']}`, HOME: cwd };

const scriptOf = async (shell: string) => {
  const file = path.join(cwd, `mlfn.${shell}`);
  writeFileSync(file, (await mlfn(['completion', shell], { cwd })).stdout);
  return file;
};

/** Words that a shell offers for a line; the last word is the one being typed. */
type Complete = (words: string[]) => Promise<string[]>;

const shells: Record<string, { installed: boolean; complete: Complete }> = {
  bash: {
    installed: true,
    complete: async (words) => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const code = `source '${await scriptOf('bash')}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _mlfn 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return lines(execFileSync('bash', ['--norc', '-c', code], { cwd, env, encoding: 'utf8' }));
    },
  },
  fish: {
    installed: spawnSync('fish', ['--version']).status === 0,
    complete: async (words) => {
      const code = `source '${await scriptOf('fish')}'; complete -C '${words.join(' ')}'`;
      return lines(execFileSync('fish', ['--no-config', '-c', code], { cwd, env, encoding: 'utf8' })).map((line) => line.split('\t')[0] ?? '');
    },
  },
  zsh: {
    installed: spawnSync('zsh', ['--version']).status === 0,
    complete: async (words) => {
      // A terminal of zsh's own: Tab twice lists what there is, one per line.
      const code = `
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z 'PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -d ${path.join(cwd, '.zcompdump')}; source ${await scriptOf('zsh')}'
        zpty -w z "zstyle ':completion:*' list-separator '--'; setopt list_rows_first no_list_packed no_auto_menu; LISTMAX=10000; COLUMNS=200; LINES=200; print ready"
        zpty -r z said '*ready*ready*' 2>/dev/null
        zpty -n -w z "${words.join(' ')}"$'\\C-d'$'\\t'
        sleep 1.5
        while zpty -r -t z part; do print -r -- "$part"; done
        zpty -d z`;
      const said = execFileSync('zsh', ['-f', '-c', code], { cwd, env, encoding: 'utf8' });
      // oxlint-disable-next-line no-control-regex -- terminal control sequences
      const plain = said.replace(/\u001B\[[0-9;?]*[a-zA-Z]|\r|\u0007/g, '\n');
      return lines(plain).flatMap((line) => line.split(/ {2,}/)).map((cell) => cell.split(' ')[0] ?? '');
    },
  },
};

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describe.each(Object.entries(shells).filter(([, shell]) => shell.installed))('%s', (_name, { complete }) => {
  it('completes commands', async () => {
    expect(await complete(['mlfn', ''])).toEqual(expect.arrayContaining(commands));
    expect(await complete(['mlfn', 'r'])).toEqual(expect.arrayContaining(['releases', 'rollback']));
    expect(await complete(['mlfn', 'r'])).not.toContain('deploy');
  });

  it("completes a command's own options and the global ones", async () => {
    const options = await complete(['mlfn', 'rollback', '--']);
    expect(options).toEqual(expect.arrayContaining(['--to', '--dry-run', '--json', '--cwd']));
    expect(options).not.toContain('--memory');
  });

  it('completes names of functions', async () => {
    expect(await complete(['mlfn', 'rollback', 'he'])).toEqual(expect.arrayContaining(['heart', 'height']));
  });

  it('completes shells', async () => {
    expect(await complete(['mlfn', 'completion', ''])).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
});

describe.each(Object.entries(shells).filter(([name, shell]) => shell.installed && name !== 'zsh'))('%s, more', (name, { complete }) => {
  it('completes files where a file is meant', async () => {
    expect((await complete(['mlfn', 'inspect', 'mod'])).map((word) => word.replaceAll('\\', '').replaceAll("'", ''))).toEqual(
      expect.arrayContaining(['model one.joblib']),
    );
    expect(await complete(['mlfn', 'deploy', '--name', 'he'])).toEqual(expect.arrayContaining(['heart', 'height']));
  });

  it('takes options and their values in front of the command', async () => {
    const before = name === 'bash' ? ['mlfn', '--cwd', 'models', 'rollback', 'he'] : ['mlfn', '--json', 'rollback', 'he'];
    expect(await complete(before)).toEqual(expect.arrayContaining(['heart', 'height']));
  });
});

it('`__complete` gives names and never an error', async () => {
  expect(await mlfn(['__complete', 'functions'], { cwd })).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(execFileSync(process.execPath, [bin, '__complete', 'functions'], { cwd, env: { ...env, MLFN_HOME: path.join(cwd, 'home') }, encoding: 'utf8' })).toBe('');
});
