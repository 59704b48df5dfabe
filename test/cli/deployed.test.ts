/** Every command on a function that is really deployed, by a Python function without dependencies. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { python } from '../python.ts';
import { mlfn, run, start, temporaryFolder } from './lab.ts';

const cwd = temporaryFolder();
const env = { PATH: `${path.dirname(python)}${path.delimiter}${process.env['PATH']}` };
const cli = (...argv: string[]) => mlfn(argv, { cwd, env });
const json = async (...argv: string[]) => JSON.parse((await cli(...argv, '--json')).stdout);
const answers = (word: string) => writeFileSync(path.join(cwd, 'marco.py'), `def handler(body):\n    print("asked", body)\n    if body.get("fail"):\n        raise RuntimeError("no")\n    return {"word": ${JSON.stringify(word)}, "exact": 73.0}\n`);

afterAll(async () => void (await cli('stop')));

describe('a deployed function', () => {
  it('goes live, and is replaced', async () => {
    answers('one');
    const { code, stdout, stderr } = await run(['deploy', 'marco.py:handler', '--env', 'A=1'], { cwd, env });
    const live = /^live {3}release 1 in [\d.]+ m?s {4}http:\/\/127\.0\.0\.1:\d+\/marco\/\n {7}try {3}curl http/m;
    expect([code, stdout], stderr).toEqual([0, expect.stringMatching(live)]);
    answers('two');
    expect(await json('deploy', 'marco.py:handler', '--env', 'A=1')).toMatchObject({ status: 'deployed', before: 1, live: 2 });
  });

  it('is up to date when nothing changed', async () => {
    const result = await json('deploy', 'marco.py:handler', '--env', 'A=1');
    expect(result).toMatchObject({ name: 'marco', status: 'up-to-date', steps: [], live: 2 });
    expect((await cli('deploy', 'marco.py:handler', '--env', 'A=1')).stdout).toContain('release 2 is up to date');
  });

  it('answers on standard output as it answered, and says how on standard error', async () => {
    const { code, stdout, stderr } = await cli('invoke', 'marco', '--data', '{}');
    expect([code, stdout]).toEqual([0, '{"word": "two", "exact": 73.0}\n']);
    expect(stderr).toMatch(/^200 {4}[\d.]+ m?s {2}(warm|cold, worker started in [\d.]+ m?s) {2}release 2\n$/);
    expect((await mlfn(['invoke', '--payload', '-'], { cwd, env, stdin: '{"a": "\u00FC"}' })).code).toBe(0);
    expect(await json('invoke', '--data', '{}', '--release', '1')).toMatchObject({ status: 200, release: 1, body: { word: 'one' } });
  });

  it('ends with 2 for what it refuses and 5 for what it fails at', async () => {
    expect((await cli('invoke', '--data', '{"fail": true}')).code).toBe(5);
    expect((await cli('invoke', '--data', 'not json')).code).toBe(2);
    expect((await cli('invoke', '--data', '{}', '--release', '9')).stderr).toContain('marco has no release 9.');
  });

  it('is not made as an image where none are run, by flag or by variable', async () => {
    const refused = await cli('deploy', 'marco.py:handler', '--package', 'image');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('The target local runs no images')]);
    expect((await mlfn(['deploy', 'marco.py:handler'], { cwd, env: { ...env, MLFN_PACKAGE: 'image' } })).stderr).toContain('mlfn image');
  });

  it('is found without its name, and completed', async () => {
    expect((await json('status')).functions.map((live: { name: string }) => live.name)).toEqual(['marco']);
    expect((await cli('status', 'marco')).stdout).toMatch(/^marco +2 /m);
    expect((await cli('__complete', 'functions')).stdout).toBe('marco\n');
    expect((await json('releases')).releases.map((release: { number: number }) => release.number)).toEqual([1, 2]);
    expect((await cli('releases')).stdout).toMatch(/^live +2 .*\n +1 /m);
  });

  it('is rolled back, after a look at the plan', async () => {
    expect((await cli('rollback', '--dry-run')).stdout).toContain('switch   from release 2 to release 1');
    expect((await json('rollback', 'marco'))).toMatchObject({ status: 'rolled-back', before: 2, live: 1 });
    expect((await cli('rollback', '--to', '1')).stdout).toContain('release 1 is live already');
    expect((await cli('invoke', '--data', '{}')).stdout).toContain('one');
    expect((await cli('rollback', '--to', '2')).code).toBe(0);
  });

  it('shows its logs, and follows them until Ctrl-C', async () => {
    const { lines } = await json('logs', '--lines', '1000');
    expect(lines.map((line: { text: string }) => line.text).join('\n')).toContain("asked {'fail': True}");
    const { child, ended } = start(['logs', '--follow', '--json'], { cwd, env });
    await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const documents = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) expect(document).toEqual({ name: 'marco', lines: [expect.objectContaining({ text: expect.any(String) })] });
  });

  it('is removed only when somebody agrees', async () => {
    expect((await cli('delete', '--dry-run')).stdout).toContain('remove   marco with 2 releases: 1, 2');
    const refused = await cli('delete');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('mlfn delete marco --yes')]);
    expect(await json('delete', 'marco', '--yes')).toMatchObject({ status: 'removed', before: 2 });
    expect((await json('status')).functions).toEqual([]);
  });
});
