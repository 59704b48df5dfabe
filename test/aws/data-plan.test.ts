/** What the role is allowed of data: the named places, and nothing beside them. */
import { expect, test } from 'vitest';
import { grantsOf, grantsText } from '../../src/providers/aws/settings/grants.ts';
import { checkSettings } from '../../src/providers/aws/settings/check.ts';
import { configSchema } from '../../src/providers/aws/config.ts';
import type { ReleaseDraft } from '../../src/providers/provider.ts';
import type { DataSettings } from '../../src/live.ts';

const place = { partition: 'aws', account: '123456789012', region: 'eu-west-1' };
const draft = (data?: DataSettings) =>
  ({ settings: { memory: 1024, timeout: 30, concurrency: 1, idle: 60, env: {}, ...(data === undefined ? {} : { data }) }, targetSettings: {}, lock: { python: '3.12' } }) as unknown as ReleaseDraft;

test('without data it is what it was', () => {
  expect(grantsOf(place, 'heart', { releases: [draft()], front: null })).toEqual([]);
  expect(grantsText([draft()])).toBe('');
});

test('reads the named places and writes to the one, of all releases that are kept', () => {
  const first = draft({ read: ['s3://lab/validation/', 's3://lab/one.csv'], write: 's3://lab/out' });
  const second = draft({ read: ['s3://whole/', 's3://lab/validation/'] });
  const grants = [
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::lab/one.csv', 'arn:aws:s3:::lab/one.csv/*', 'arn:aws:s3:::lab/validation/*', 'arn:aws:s3:::whole/*'] },
    { Effect: 'Allow', Action: ['s3:PutObject'], Resource: ['arn:aws:s3:::lab/out/*'] },
  ];
  expect(grantsOf(place, 'heart', { releases: [first, second], front: null })).toEqual(grants);
  expect(grantsOf(place, 'heart', { releases: [second, first], front: null })).toEqual(grants);
  expect(grantsText([first, second])).toBe(', reads s3://lab/one.csv, s3://lab/validation/, s3://whole/, writes s3://lab/out/');
  expect(grantsOf({ ...place, partition: 'aws-cn' }, 'heart', { releases: [second], front: null })[0]?.Resource).toEqual(['arn:aws-cn:s3:::lab/validation/*', 'arn:aws-cn:s3:::whole/*']);
});

test('what is told of it counts among the variables', () => {
  const many = draft({ read: Array.from({ length: 60 }, (_, index) => `s3://lab/${'x'.repeat(60)}/${index}/`) });
  expect(() => checkSettings(many, configSchema.parse({}), 512)).toThrow(/The largest is MLFN_DATA/);
  const own = draft();
  own.settings.env = { MLFN_DATA: 'x' };
  expect(() => checkSettings(own, configSchema.parse({}), 512)).toThrow("env sets MLFN_DATA, which is mlfn's own.");
});
