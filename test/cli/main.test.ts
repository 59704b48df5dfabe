import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { mlfn, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const cli = (...argv: string[]) => mlfn(argv, { cwd });

describe('help', () => {
  it('of the whole names every command', async () => {
    const { code, stdout, stderr } = await cli('--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatchSnapshot();
  });

  it('is what nothing at all gives, and `help`', async () => {
    const { stdout } = await cli('--help');
    expect(await cli()).toEqual({ code: 0, stdout, stderr: '' });
    expect(await cli('help')).toEqual({ code: 0, stdout, stderr: '' });
  });

  it.each(COMMANDS.map((command) => command.name))('of %s has its options and examples', async (name) => {
    const { code, stdout, stderr } = await cli(name, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatchSnapshot();
    expect(await cli('help', name)).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('makes no folder', () => {
    expect(existsSync(path.join(cwd, '.home'))).toBe(false);
  });
});

describe('examples in the help', () => {
  it.each(COMMANDS.flatMap((command) => command.examples.map(([line]) => [line])))('mlfn %s is a valid command line', async (line) => {
    // Only parsed: with --help the rest of the line is still checked for unknown options.
    const words = [...line.replace(/ [>|] .*$/, '').matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
    const { code } = await mlfn([...words, '--cwd', path.join(cwd, 'nowhere')], { cwd });
    const { stdout } = await mlfn([...words, '--cwd', path.join(cwd, 'nowhere'), '--json'], { cwd });
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: { code: 'CLI_FOLDER' } }]);
  });
});

describe('a wrong command line', () => {
  it.each([
    ['dploy'],
    ['help', 'dploy'],
    ['-q'],
    ['--yes', '-q'],
    ['deploy', '--nam', 'x'],
    ['deploy', 'a', 'b'],
    ['deploy', '--target', 'azure'],
    ['deploy', '--memory'],
    ['rollback', '--to', 'two'],
    ['completion'],
    ['completion', 'tcsh'],
    ['--jsno', 'status'],
    ['status', '--cwd', 'nowhere'],
    ['invoke', 'heart', '--data', '{}', '--payload', 'x.json'],
    ['invoke', 'heart', '--payload', 'nowhere.json'],
    ['deploy', '--name', 'Heart', 'model.joblib'],
    ['deploy', 'nowhere.joblib'],
    ['deploy'],
  ])('%s %s %s %s %s', async (...argv) => {
    const { code, stdout, stderr } = await cli(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.replaceAll(cwd, 'CWD')).toMatchSnapshot();
  });

  it('with --json is one JSON document on standard output', async () => {
    for (const argv of [['dploy', '--json'], ['--json', 'deploy', '--nam'], ['deploy', '--json']]) {
      const { code, stdout, stderr } = await cli(...argv);
      expect([code, stderr]).toEqual([2, '']);
      expect(Object.keys(JSON.parse(stdout).error)).toEqual(['code', 'kind', 'message', 'hint', 'details']);
    }
  });
});

describe('nothing deployed', () => {
  it('is no error for status, and one for what needs a function', async () => {
    expect(await cli('status')).toEqual({
      code: 0,
      stdout: 'Nothing is deployed on local. Start with: mlfn deploy model.joblib\n',
      stderr: '',
    });
    expect(JSON.parse((await cli('status', '--json')).stdout)).toEqual({ target: 'local', functions: [] });
    for (const command of ['releases', 'rollback', 'logs', 'delete', 'invoke']) {
      const { code, stdout } = await cli(command, '--json');
      expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'CLI_NO_FUNCTION']);
      const named = await cli(command, 'heart', '--json');
      expect([named.code, JSON.parse(named.stdout).error.code]).toEqual([2, 'FUNCTION_UNKNOWN']);
    }
    expect(JSON.parse((await cli('stop', '--json')).stdout)).toEqual({ stopped: false });
  });
});

describe('settings', () => {
  it('say with --verbose where each came from', async () => {
    writeFileSync(path.join(cwd, 'mlfn.yaml'), 'name: heart\nmodel: model.joblib\nmemory: 512\n');
    const { stderr } = await mlfn(['status', '--verbose'], { cwd, env: { MLFN_TIMEOUT: '7' } });
    expect(stderr.replaceAll(cwd, 'CWD')).toMatchInlineSnapshot(`
      "set    target       local  (default)
      set    model        CWD/model.joblib  (mlfn.yaml:2:8)
      set    name         heart  (mlfn.yaml:1:7)
      set    env          none  (default)
      set    engine       auto  (default)
      set    package      auto  (default)
      set    memory       512  (mlfn.yaml:3:9)
      set    timeout      7  (MLFN_TIMEOUT)
      set    concurrency  2  (default)
      set    idle         300  (default)
      "
    `);
  });
});

describe('the table of errors', () => {
  it('has sentences and exit codes for all', () => {
    for (const [code, { kind, meaning, mend }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      const sentence = expect.stringMatching(/^([A-Z`]|mlfn|uv).*\.$/s);
      expect([code, meaning, mend]).toEqual([code, sentence, sentence]);
      expect(EXIT[kind]).toBeGreaterThan(1);
    }
  });
});
