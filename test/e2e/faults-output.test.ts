/** Every command with --json prints exactly one document, however it ends; faults in mlfn.yaml name line and column. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
  await lab.deploy(lab.app(1));
  await lab.deploy(lab.app(2));
  lab.write({ 'empty.pkl': '', 'no.json': '{', 'proj/app.py': 'def predict(body):\n    return body\n', 'init/app.py': 'def predict(body):\n    return body\n' });
});
afterAll(() => lab.close());

describe('with --json one document on standard output and nothing on standard error, from', () => {
  const lines: [line: string, code: number, error?: string][] = [
    ['inspect app.py:predict', 0],
    ['inspect', 2, 'CONFIG_NO_MODEL'],
    ['inspect empty.pkl', 3, 'MODEL_EMPTY'],
    ['inspect missing.pkl', 2],
    ['build app.py:predict --out out', 0],
    ['build app.py:predict --out app.py', 2, 'BUNDLE_UNWRITABLE'],
    ['build missing.pkl', 2],
    ['deploy app.py:predict --name fn', 0],
    ['deploy app.py:predict --name fn --dry-run', 0],
    ['deploy app.py:nothing', 3, 'MODEL_NO_ATTRIBUTE'],
    ['deploy app.py:predict --name Fn!', 2, 'CONFIG_NAME'],
    ['deploy app.py:predict --name fn --memory much', 2, 'CONFIG_VALUE'],
    ['deploy app.py:predict --name fn --memory 5', 2],
    ['deploy app.py:predict --name fn --timeout 100000', 2],
    ['deploy app.py:predict --name fn --port 99999', 2],
    ['deploy app.py:predict --name fn --env A', 2],
    ['deploy app.py:predict --target moon', 2],
    ['deploy app.py:predict --name fn --sample no.json', 2, 'SAMPLE_INVALID'],
    ['deploy app.py:predict --name fn --sample missing.json', 2],
    ['deploy app.py:predict --name fn --python 3.7', 2, 'RESOLVE_PYTHON_UNUSABLE'],
    ['deploy app.py:predict --name fn --python nothing', 2, 'RESOLVE_PYTHON_UNUSABLE'],
    ['deploy app.py:predict --name fn --requirements missing.txt', 2],
    ['deploy --no-such-option', 2, 'CLI_USAGE'],
    ['deploy a b c', 2, 'CLI_USAGE'],
    ['invoke fn --data {}', 0],
    ['invoke fn --path /nowhere', 2],
    ['invoke fn --data { ', 2],
    ['invoke fn --data {} --payload no.json', 2, 'CLI_USAGE'],
    ['invoke fn --payload missing.json', 2, 'CLI_PAYLOAD'],
    ['invoke fn --release 99', 2, 'RELEASE_UNKNOWN'],
    ['invoke nobody', 2, 'FUNCTION_UNKNOWN'],
    ['releases fn', 0],
    ['releases nobody', 2, 'FUNCTION_UNKNOWN'],
    ['rollback fn --dry-run', 0],
    ['rollback fn --to 99', 2, 'RELEASE_UNKNOWN'],
    ['rollback fn --to x', 2, 'CLI_USAGE'],
    ['rollback nobody', 2, 'FUNCTION_UNKNOWN'],
    ['status', 0],
    ['status fn', 0],
    ['status nobody', 2, 'FUNCTION_UNKNOWN'],
    ['logs fn', 0],
    ['logs fn --lines -3', 2],
    ['logs nobody', 2, 'FUNCTION_UNKNOWN'],
    ['delete fn', 2, 'CLI_UNCONFIRMED'],
    ['delete fn --dry-run', 0],
    ['delete nobody --yes', 2, 'FUNCTION_UNKNOWN'],
    ['init --yes -C init', 0],
    ['init -C init', 2, 'CONFIG_EXISTS'],
    ['init --yes -C out', 2],
    ['status -C nowhere', 2, 'CLI_FOLDER'],
    ['doctor', 0],
    ['stop', 0],
    ['no-such-command', 2, 'CLI_USAGE'],
  ];
  test.each(lines)('mlfn %s', async (line, code, error) => {
    const ran = await lab.mlfn([...line.split(' ').filter(Boolean), '--json']);
    expect(ran.code, ran.stdout).toBe(code);
    const document = JSON.parse(ran.stdout);
    if (error !== undefined) expect(document.error).toMatchObject({ code: error });
    if (code !== 0 && document.error !== undefined) {
      expect(document.error).toMatchObject({ kind: expect.any(String), message: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) });
    }
  });
});

describe('an mlfn.yaml with', () => {
  test.each<[what: string, text: string, says: RegExp]>([
    ['a wrong key', 'name: a\nmodle: app.py:predict\n', /2:1.*modle|modle.*2:1/s],
    ['a key that is no setting, deep down', 'model: app.py:predict\nlocal:\n  prot: 5\n', /3:3.*prot|prot.*3:3/s],
    ['a text for a number', 'model: app.py:predict\nmemory: lots\n', /2:9/],
    ['a list for a text', 'model: [app.py]\n', /1:8/],
    ['a tab', 'model: app.py:predict\nlocal:\n\tport: 5\n', /3:1/],
    ['a quote that is not closed', 'name: "a\nmodel: app.py:predict\n', /[1-3]:\d/],
    ['the same key twice', 'name: a\nname: b\nmodel: app.py:predict\n', /2:1/],
    ['a list at the top', '- a\n- b\n', /1:1/],
    ['nothing', '', /model/i],
    ['an alias bomb', `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [${Array(9).fill(at === 0 ? '*a' : `*b${at - 1}`).join(',')}]`).join('\n')}\n`, /\d+:\d+/],
    ['bytes that are no text', '\u0000\u0001\u0002', /1:1/],
    ['a name that may not be', 'name: Über\nmodel: app.py:predict\n', /1:7/],
    ['a model that is missing', 'model: missing.joblib\n', /missing\.joblib/],
    ['a port that is none', 'model: app.py:predict\nlocal: {port: 70000}\n', /2:15/],
  ])('%s', async (_what, text, says) => {
    lab.write({ 'proj/mlfn.yaml': text });
    const error = await lab.refused(['deploy', '-C', 'proj'], 2);
    expect(error.message).toMatch(says);
    const plain = await lab.mlfn(['deploy', '-C', 'proj']);
    expect(plain).toMatchObject({ code: 2, stdout: '' });
    expect(plain.stderr).toMatch(/^error {2}/);
  });

  test('another name', async () => {
    lab.write({ 'yml/mlfn.yml': 'model: app.py:predict\n' });
    expect(await lab.refused(['deploy', '-C', 'yml'], 2)).toMatchObject({ code: 'CONFIG_FILE_NAME' });
  });
});
