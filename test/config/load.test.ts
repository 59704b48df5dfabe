import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { checkFiles, checkLimits, loadConfig } from '../../src/config/index.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'mlfn-config-'));
let folder = root;
let count = 0;
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = path.join(root, String((count += 1)));
  mkdirSync(folder);
});

const put = (name: string, text = '') => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const load = (flags: Parameters<typeof loadConfig>[1], env = {}, cwd = folder) => loadConfig({ cwd, env }, flags);
const coded = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('precedence', () => {
  it('is flag, environment, file, default; and every value knows which', async () => {
    put('mlfn.yaml', 'name: heart\nmodel: m.joblib\nmemory: 512\ntimeout: 10\nidle: 60\n');
    const config = await load({ memory: '256' }, { MLFN_MEMORY: '300', MLFN_TIMEOUT: '20', MLFN_IDLE: '' });
    expect(config.settings).toEqual({ memory: 256, timeout: 20, idle: 60, concurrency: 2, env: {} });
    expect(config.origins).toMatchObject({
      memory: '--memory',
      timeout: 'MLFN_TIMEOUT',
      idle: 'mlfn.yaml:5:7',
      concurrency: 'default',
      name: 'mlfn.yaml:1:7',
    });
  });

  it('switches on what the file describes', async () => {
    put('mlfn.yaml', 'model: m.joblib\ntarget: aws\naws: {httpApi: {rate: 5}}\n');
    expect((await load({ httpApi: true as never })).targetConfig).toMatchObject({ httpApi: { rate: 5, burst: 500 } });
    expect((await load({}, { MLFN_HTTP_API: 'false' })).targetConfig).toMatchObject({ httpApi: false });
  });

  it('passes over the form of a package where the file is of clouds and the target this machine', async () => {
    put('mlfn.yaml', 'model: m.joblib\npackage: image\n');
    expect(await load({})).toMatchObject({ package: 'auto', origins: { package: 'default' } });
    expect(await load({ target: 'aws' })).toMatchObject({ package: 'image', origins: { package: 'mlfn.yaml:2:10' } });
    expect(await load({ package: 'image' })).toMatchObject({ package: 'image', origins: { package: '--package' } });
    expect(await load({}, { MLFN_PACKAGE: 'image' })).toMatchObject({ package: 'image' });
  });

  it('adds variables up instead of replacing them', async () => {
    put('mlfn.yaml', 'model: m.joblib\nenv: {A: file, B: file}\n');
    const { settings } = await load({ env: ['B=flag', 'C=a=b\nc'] });
    expect(settings.env).toEqual({ A: 'file', B: 'flag', C: 'a=b\nc' });
  });

  it('takes what is included from one place, and it has to be there', async () => {
    put('mlfn.yaml', 'model: app.py:answer\ninclude: [weights.bin, words]\n');
    put('app.py');
    const below = path.join(folder, 'below');
    mkdirSync(below);
    expect((await load({}, {}, below)).include).toEqual([path.join(folder, 'weights.bin'), path.join(folder, 'words')]);
    expect((await load({}, { MLFN_INCLUDE: 'a,b' }, below)).include).toEqual([path.join(below, 'a'), path.join(below, 'b')]);
    expect((await load({ include: ['c'] }, { MLFN_INCLUDE: 'a,b' }, below)).include).toEqual([path.join(below, 'c')]);
    await expect(checkFiles(await load({}))).rejects.toEqual(coded('CONFIG_FILE_MISSING', /^mlfn\.yaml:2:10: .*weights\.bin: there is no such file/));
    put('mlfn.yaml', 'model: app.py:answer\ninclude: weights.bin\n');
    await expect(load({})).rejects.toEqual(coded('CONFIG_VALUE', /include must be a list of files and folders/));
  });

  it('starts paths of the file at the file, those of flags where the user is', async () => {
    put('mlfn.yaml', 'model: models/m.joblib\nsample: payload.json\npython: ./venv/bin/python\nbase: oci:base:slim\n');
    const below = path.join(folder, 'below');
    mkdirSync(below);
    const config = await load({ hooks: 'hooks.py' }, {}, below);
    expect(config).toMatchObject({
      model: path.join(folder, 'models/m.joblib'),
      sample: path.join(folder, 'payload.json'),
      python: path.join(folder, 'venv/bin/python'),
      hooks: path.join(below, 'hooks.py'),
      base: `oci:${path.join(folder, 'base')}:slim`,
      file: path.join(folder, 'mlfn.yaml'),
    });
  });
});

describe('which mlfn.yaml', () => {
  it('is the nearest above when no model is given', async () => {
    put('mlfn.yaml', 'name: outer\nmodel: m.joblib\n');
    put('inner/mlfn.yaml', 'name: inner\nmodel: m.joblib\n');
    expect((await load({}, {}, path.join(folder, 'inner'))).name).toBe('inner');
  });

  it("is the one in the model's folder when it names that model or none", async () => {
    put('a/mlfn.yaml', 'name: that\nmodel: model.joblib\n');
    put('b/mlfn.yaml', 'name: none\n');
    expect((await load({ model: 'a/model.joblib' })).name).toBe('that');
    expect((await load({ model: 'b/model.joblib' })).name).toBe('none');
  });

  it("is never another model's", async () => {
    put('mlfn.yaml', 'name: heart\nmodel: model.joblib\nmemory: 512\n');
    const config = await load({ model: 'other.joblib' });
    expect(config).toMatchObject({ name: 'other', file: null, settings: { memory: 1024 } });
  });

  it('above the model applies only when it names it', async () => {
    put('mlfn.yaml', 'name: heart\nmodel: models/model.joblib\n');
    expect((await load({ model: 'models/model.joblib' })).name).toBe('heart');
    put('mlfn.yaml', 'name: heart\n');
    expect((await load({ model: 'models/model.joblib' })).name).toBe('models');
  });

  it('tells when mlfn.yml was meant', async () => {
    put('mlfn.yml', 'name: heart\n');
    await expect(load({})).rejects.toEqual(coded('CONFIG_FILE_NAME', /mlfn\.yml is not read/));
  });
});

describe('default names', () => {
  it.each([
    ['iris/heart.joblib', 'heart'],
    ['iris/Heart Disease_v2.pkl.gz', 'heart-disease-v2'],
    ['iris/model.joblib', 'iris'],
    ['iris/model-v2.joblib', 'iris'],
    ['iris/final_model.v3.pkl', 'iris'],
    ['iris/clf.pickle', 'iris'],
    ['iris/pipeline2.joblib', 'iris'],
    ['iris/app.py:app', 'iris'],
    ['iris/marco.py:handler', 'marco'],
    ['2024 Über-Modelle/model.pkl', 'uber-modelle'],
    [`iris/${'long'.repeat(20)}.pkl`, 'long'.repeat(12)],
    ['123/model.pkl', 'model'],
  ])('%s is %s', async (model, name) => {
    const config = await load({ model });
    expect([config.name, config.origins.name]).toEqual([name, 'default']);
  });
});

describe('what is wrong', () => {
  it.each([
    [{ memory: 'lots' }, {}, 'CONFIG_VALUE', /^--memory must be a whole number of MB from 128 to 10240, not "lots"/],
    [{ memory: '-1' }, {}, 'CONFIG_VALUE', /^--memory/],
    [{ timeout: '901' }, {}, 'CONFIG_VALUE', /^--timeout .* from 1 to 900/],
    [{}, { MLFN_CONCURRENCY: '0' }, 'CONFIG_VALUE', /^MLFN_CONCURRENCY/],
    [{ port: '65536' }, {}, 'CONFIG_VALUE', /^--port/],
    [{}, { MLFN_PORT: 'x' }, 'CONFIG_VALUE', /^MLFN_PORT/],
    [{ target: 'azure' }, {}, 'CONFIG_VALUE', /^--target must be one of: local/],
    [{ env: ['A'] }, {}, 'CONFIG_VALUE', /^--env must be NAME=VALUE/],
    [{ env: ['1=2'] }, {}, 'CONFIG_VALUE', /^--env/],
    [{ name: 'Heart' }, {}, 'CONFIG_NAME', /^--name: "Heart"/],
    [{ name: '' }, {}, 'CONFIG_NAME', /^--name: ""/],
    [{}, { MLFN_NAME: '../up' }, 'CONFIG_NAME', /^MLFN_NAME/],
  ])('%j %j', async (flags, env, code, message) => {
    await expect(load(flags, env)).rejects.toEqual(coded(code, message));
  });

  it('files that are not there, before anything slow', async () => {
    put('m.joblib');
    const check = async (flags: Parameters<typeof load>[0]) => checkFiles(await load(flags));
    await expect(check({})).rejects.toEqual(coded('CONFIG_NO_MODEL', /./));
    await expect(check({ model: 'no.joblib' })).rejects.toEqual(coded('CONFIG_FILE_MISSING', /^model: .*no\.joblib: there is no such file/));
    await expect(check({ model: 'm.joblib', sample: 'p.json' })).rejects.toEqual(coded('CONFIG_FILE_MISSING', /^--sample: /));
    await expect(check({ model: 'm.joblib', code: 'm.joblib' })).rejects.toEqual(coded('CONFIG_FILE_MISSING', /it is not a folder/));
    await expect(check({ model: 'm.joblib', sample: '.' })).rejects.toEqual(coded('CONFIG_FILE_MISSING', /it is not a file/));
    // A SavedModel is a folder: inspect says whether this is one.
    expect(await check({ model: '.' })).toMatchObject({ model: folder });
    expect(await check({ model: 'm.joblib' })).toMatchObject({ model: path.join(folder, 'm.joblib') });
  });

  it("settings outside the target's limits", async () => {
    const config = await load({ memory: '4096' });
    const limits = {
      zipBytes: null, unzippedBytes: null, memoryMb: { min: 128, max: 2048 },
      timeoutSeconds: { min: 1, max: 60 }, requestBytes: 1, responseBytes: 1,
    };
    expect(() => checkLimits(config, limits)).toThrow('--memory: memory 4096 MB is outside what local can give.');
  });
});

describe('reload', () => {
  it.each([['30s', 30], ['5m', 300], ['1h', 3600], ['24h', 86_400], ['asked', 0]])('%s is %i seconds', async (text, seconds) => {
    expect((await load({ reload: text })).settings.reload).toBe(seconds);
  });

  it('is not there unless it is asked for, and off takes it away', async () => {
    put('mlfn.yaml', 'reload: 5m\n');
    expect((await load({})).settings.reload).toBe(300);
    expect((await load({ reload: 'off' })).settings).not.toHaveProperty('reload');
  });

  it.each(['5', '0m', '9s', '25h', 'never', '-5m'])('%s is refused', async (text) => {
    await expect(load({ reload: text })).rejects.toEqual(coded('CONFIG_VALUE', /^--reload must be a time such as 30s/));
  });
});
