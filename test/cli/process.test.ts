/** What only a real process shows: exit codes, streams, signals, links, folders. */
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bin, mlfn, run, start, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'));

describe('bin/mlfn.js', () => {
  it('says its version, from any folder and through a link', async () => {
    const link = path.join(cwd, 'mlfn');
    symlinkSync(bin, link);
    expect(await run(['--version'], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await run(['-V'], { cwd, program: [process.execPath, link] })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(['--version', '-V', '--help', '-h'])('prints for %s what the command line would', async (word) => {
    expect(await run([word], { cwd })).toEqual(await mlfn([word], { cwd }));
  });

  it('ends quietly when nobody reads its help', async () => {
    const { child, ended } = start(['--help'], { cwd });
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('knows an error of a room, which has a class of its own, for no bug', async () => {
    const folder = path.join(cwd, 'broken');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'mlfn.yaml'), 'name: [');
    const { code, stdout } = await run(['status', '--json'], { cwd: folder });
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'CONFIG_SYNTAX']);
  });

  it('has nothing that an old Node cannot parse, and says what it needs', () => {
    const source = readFileSync(bin, 'utf8');
    expect(source).not.toMatch(/=>|\?\.|\?\?|^import |\bconst\b|\blet\b|`/m);
    const said: string[] = [];
    const old = { versions: { node: '20.18.3' }, version: 'v20.18.3', execPath: '/usr/bin/node', stderr: { write: (text: string) => said.push(text) }, exit: (code: number) => said.push(`exit ${code}`) };
    const gate = source.replace(/^#!.*/, '');
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the file is run with the process of an old Node
    new Function('process', gate)(old);
    expect(said).toMatchInlineSnapshot(`
      [
        "error  mlfn needs Node 20.19 or newer; this is v20.18.3 (/usr/bin/node).
             Install a newer Node, or put one first on PATH.
      ",
        "exit 2",
      ]
    `);
  });
});

describe('streams', () => {
  it('keep results and narration apart, and colour out of pipes', async () => {
    const { code, stdout, stderr } = await run(['status'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('\u001B');
    const coloured = await run(['dploy'], { cwd, env: { FORCE_COLOR: '1' } });
    expect(coloured.stderr).toContain('\u001B[');
    for (const env of [{ NO_COLOR: '1', FORCE_COLOR: '1' }]) {
      expect((await run(['dploy'], { cwd, env })).stderr).not.toContain('\u001B');
    }
    expect((await run(['dploy', '--no-color'], { cwd, env: { FORCE_COLOR: '1' } })).stderr).not.toContain('\u001B');
  });

  it('end quietly when the reader has gone', async () => {
    const { child, ended } = start(['completion', 'bash'], { cwd });
    child.stdout?.destroy();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe.runIf(process.platform === 'linux')('a stream that takes no more', () => {
  const full = (redirection: string) => ['sh', '-c', `exec "$@" ${redirection} /dev/full`, 'sh', process.execPath, bin];

  it.each([[['--version']], [['--help']], [['deploy', '--help']], [['status']], [['status', '--json']], [['completion', 'bash']]])(
    'as standard output of %j is told in one sentence, without a trace',
    async (argv) => {
      const { code, stderr } = await run(argv, { cwd, program: full('>') });
      expect([code, stderr]).toEqual([
        3,
        'error  Standard output could not be written: ENOSPC: no space left on device, write  [CLI_OUTPUT]\n' +
          '       Send it where there is room, and run the same command again.\n',
      ]);
    },
  );

  it('does not hide what was wrong before', async () => {
    const { code, stderr } = await run(['dploy', '--json'], { cwd, program: full('>') });
    expect([code, stderr]).toEqual([2, expect.stringContaining('[CLI_OUTPUT]')]);
  });

  it('takes nothing from a command that has nothing to write to it', async () => {
    expect(await run(['dploy'], { cwd, program: full('>') })).toMatchObject({ code: 2, stderr: expect.not.stringContaining('CLI_OUTPUT') });
    expect((await run(['dploy'], { cwd, program: full('2>') })).code).toBe(2);
    expect((await run(['status'], { cwd, program: full('2>') })).code).toBe(0);
  });
});

describe('a command that cannot end by itself', () => {
  const preloaded = (name: string, text: string) => {
    const file = path.join(cwd, name);
    writeFileSync(file, text);
    return [process.execPath, '--require', file, bin];
  };
  writeFileSync(path.join(cwd, 'app.py'), 'def predict(x):\n    return x\n');

  it('because it waits for nothing says so and ends with 1', async () => {
    const program = preloaded('hang.cjs', `require('node:fs').promises.readFile = () => new Promise(() => {});`);
    const { code, stdout } = await run(['inspect', 'app.py:predict', '--json'], { cwd, program });
    expect([code, JSON.parse(stdout).error]).toMatchObject([1, { code: 'BUG', message: expect.stringContaining('waits for something') }]);
  });

  it('because something threw where nobody listens says what', async () => {
    const program = preloaded(
      'stray.cjs',
      `require('node:fs').promises.readFile = () => { setTimeout(() => { throw new Error('a stray one'); }, 1); return new Promise(() => setInterval(() => {}, 1e3)); };`,
    );
    const { code, stdout, stderr } = await run(['inspect', 'app.py:predict', '--json'], { cwd, program });
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'BUG', message: expect.stringContaining('a stray one') });
  });
});

describe('signals', () => {
  // Waits for standard input that never ends: at that point the command is under way.
  const waiting = async () => {
    const started = start(['invoke', 'heart', '--payload', '-', '--json'], { cwd, program: [process.execPath, '--import', slow(), bin] });
    await once(started.child.stderr ?? started.child, 'data');
    return started;
  };
  const slow = () => {
    const file = path.join(cwd, 'slow.mjs');
    writeFileSync(
      file,
      `import { Readable } from 'node:stream';
       const endless = new Readable({ read() { process.stderr.write('reading\\n'); } });
       Object.defineProperty(process, 'stdin', { get: () => endless });
       setInterval(() => {}, 1000).unref();
       const keep = setInterval(() => {}, 1000); endless.on('close', () => clearInterval(keep));`,
    );
    return `file://${file}`;
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a command with 130 and says so', async (signal) => {
    const { child, ended } = await waiting();
    child.kill(signal);
    const { code, stdout } = await ended;
    expect([code, JSON.parse(stdout).error.code]).toEqual([130, 'INTERRUPTED']);
  });
});

describe('the home folder', () => {
  it('is made where MLFN_HOME says, for its owner only', async () => {
    const home = path.join(cwd, 'elsewhere', 'home');
    expect((await run(['status'], { cwd, env: { MLFN_HOME: home } })).code).toBe(0);
    expect(readdirSync(home).toSorted()).toEqual(['cache', 'local']);
  });

  it('is ~/.mlfn otherwise', async () => {
    const user = path.join(cwd, 'user');
    mkdirSync(user);
    const env = { MLFN_HOME: undefined, HOME: user, USERPROFILE: user };
    expect((await run(['status'], { cwd, env })).code).toBe(0);
    expect(existsSync(path.join(user, '.mlfn', 'local'))).toBe(true);
  });

  it('that cannot be made is a clear error', async () => {
    const file = path.join(cwd, 'a-file');
    writeFileSync(file, '');
    // Node's own recursive mkdir never returns from /proc.
    for (const home of [path.join(file, 'home'), file, ...(process.platform === 'linux' ? ['/proc/mlfn/home'] : [])]) {
      const { code, stdout } = await run(['status', '--json'], { cwd, env: { MLFN_HOME: home } });
      expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: { code: 'CLI_HOME', hint: expect.stringContaining('MLFN_HOME') } }]);
    }
  });
});

describe('a bug', () => {
  it('is told in two lines, with its trace in a file', async () => {
    const home = path.join(cwd, 'bug-home');
    const broken = path.join(cwd, 'broken.mjs');
    const stdin = `{ [Symbol.asyncIterator]() { throw new TypeError('something is off'); }, destroy() {} }`;
    writeFileSync(broken, `Object.defineProperty(process, 'stdin', { get: () => (${stdin}) });`);
    const program = [process.execPath, '--import', `file://${broken}`, bin];
    const { code, stdout, stderr } = await run(['invoke', 'x', '--payload', '-'], { cwd, program, env: { MLFN_HOME: home } });
    expect([code, stdout]).toEqual([1, '']);
    const file = /with the file (.*)\.\n/.exec(stderr)?.[1] ?? '';
    expect(stderr.replace(file, 'FILE')).toBe(
      'error  This is a bug of mlfn: something is off  [BUG]\n       Report it with the file FILE.\n',
    );
    const trace = readFileSync(file, 'utf8');
    expect(trace).toContain(`mlfn ${version}  node ${process.version}`);
    expect(trace).toContain('TypeError: something is off\n    at ');
    expect(path.dirname(file)).toBe(path.join(home, 'cache', 'bugs'));
  });
});

describe('a folder that goes away', () => {
  it('is said plainly', async () => {
    const gone = path.join(cwd, 'gone');
    mkdirSync(gone);
    const runner = path.join(cwd, 'runner.mjs');
    writeFileSync(
      runner,
      `import { rmSync } from 'node:fs';
       process.chdir(${JSON.stringify(gone)}); rmSync(${JSON.stringify(gone)}, { recursive: true });
       process.argv.splice(1, 1); await import(${JSON.stringify(`file://${bin}`)});`,
    );
    chmodSync(runner, 0o644);
    const { code, stderr } = await run(['mlfn', 'status'], { cwd, program: [process.execPath, runner] });
    expect([code, stderr]).toEqual([2, 'error  The folder that you are in is gone.\n       Change to another folder.\n']);
  });
});
