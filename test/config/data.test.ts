/** `data:` of mlfn.yaml: what each target is told of it, and what is no place. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { dataFor, dataSchema } from '../../src/config/data.ts';
import { checkFiles, loadConfig } from '../../src/config/index.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mlfn-data-'));
afterAll(() => rmSync(folder, { recursive: true }));
const uri = (text: string) => pathToFileURL(path.join(folder, text)).href;

const load = (yaml: string, flags = {}, env = {}) => {
  writeFileSync(path.join(folder, 'mlfn.yaml'), `model: m.joblib\n${yaml}`);
  writeFileSync(path.join(folder, 'm.joblib'), '');
  return loadConfig({ cwd: folder, env }, flags);
};

const WHOLE = `data:
  read: [s3://lab/validation/, gs://lab/in, ./rows/, 's3://lab/validation/', s3://other/]
  write: s3://lab/out
  formats: [joblib]
  folders: {lab: bucket/}
`;

it('tells each target of the places that it can reach, in an order of its own', async () => {
  const data = async (target: string) => (await load(WHOLE, { target })).settings.data;
  expect(await data('aws')).toEqual({ read: ['s3://lab/validation/', 's3://other/'], write: 's3://lab/out', formats: ['joblib'] });
  expect(await data('gcp')).toEqual({ read: ['gs://lab/in'], formats: ['joblib'] });
  expect(await data('local')).toEqual({
    read: [uri('rows/'), 'gs://lab/in', 's3://lab/validation/'],
    write: 's3://lab/out',
    formats: ['joblib'],
    folders: { lab: uri('bucket/') },
  });
});

it('is nothing where it is not there, and no variable says it', async () => {
  expect((await load('', {}, { MLFN_DATA: 's3://lab/' })).settings).not.toHaveProperty('data');
});

it('says where a value is that it cannot have', async () => {
  await expect(load('data: {read: [s3://lab/../x]}\n')).rejects.toMatchObject({
    code: 'CONFIG_VALUE',
    message: 'mlfn.yaml:2:15: data.read.0 must be s3://BUCKET/FOLDER/, gs://BUCKET/FOLDER/ or the path of a folder, without `..`, `//` and *, not "s3://lab/../x".',
  });
  await expect(load('data: {read: []}\n')).rejects.toMatchObject({ message: expect.stringContaining('data.read must be a list of places') as string });
  await expect(load('data: {write: ./out}\n')).rejects.toMatchObject({ code: 'CONFIG_VALUE' });
  await expect(load('data: {read: [./x], formats: [pickle]}\n')).rejects.toMatchObject({ message: expect.stringContaining('data.formats.0 must be joblib') as string });
  await expect(load('data: {read: [./x], writes: ./y}\n')).rejects.toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', hint: 'Did you mean write? Rename it.' });
});

it('looks for the folders that stand for buckets', async () => {
  const config = await load(WHOLE, { target: 'local' });
  await expect(checkFiles(config)).rejects.toMatchObject({ code: 'CONFIG_FILE_MISSING', message: expect.stringContaining('bucket') as string });
  mkdirSync(path.join(folder, 'bucket'));
  expect(await checkFiles(config)).toMatchObject({ settings: { data: { folders: { lab: uri('bucket/') } } } });
});

it.each(['s3://', 's3://b', 's3://Bucket/x/', 's3://lab/a*', 's3://lab/${aws:username}/', 's3://lab/a//b', 's3://lab/./a', 's3://lab/a"b', 'http://lab/x', 'azure://x', '', 'gs://lab/a?'])(
  '%j is no place',
  (text) => {
    expect(dataSchema.safeParse({ read: [text] }).success).toBe(false);
  },
);

it('never tells a cloud of another place than was named, whatever was', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('s3://lab/a/', 'gs://lab/b', './x', 'C:\\x', 's3://lab')), { minLength: 1 }), (read) => {
      const parsed = dataSchema.safeParse({ read });
      if (!parsed.success) return;
      for (const [target, scheme] of [['aws', 's3://'], ['gcp', 'gs://']] as const) {
        for (const each of dataFor(target, parsed.data, folder).read) expect(each.startsWith(scheme) && read.includes(each)).toBe(true);
      }
      for (const each of dataFor('local', parsed.data, folder).read) expect(each).toMatch(/^file:\/\//);
    }),
  );
});
