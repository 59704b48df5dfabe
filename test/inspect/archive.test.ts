import { afterAll, expect, test } from 'vitest';
import { Folder } from './cards.ts';
import { zip } from './zip-bytes.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const PARTS = [
  ['metadata.json', '{"keras_version": "3.0.0"}'],
  ['config.json', '{"class_name": "Sequential", "config": {"layers": []}}', { deflate: true }],
  ['model.weights.h5', 'weights'],
] as const;

test('a plain archive is read', async () => {
  folder.write('m.keras', zip(PARTS));
  expect(await folder.inspect('m.keras')).toMatchObject({ format: 'keras', framework: { version: '3.0.0' }, safe: true, findings: [] });
});

const ZEROS = Buffer.alloc(1024 * 1024);

test.each([
  ['a way out', zip([...PARTS, ['../../etc/cron.d/x', '']]), 'MODEL_UNSAFE', /"\.\.\/\.\.\/etc\/cron\.d\/x" has \.\. in it/],
  ['a way out for Windows', zip([...PARTS, ['..\\x', '']]), 'MODEL_UNSAFE', /has \.\. in it/],
  ['an absolute path', zip([...PARTS, ['/etc/passwd', '']]), 'MODEL_UNSAFE', /absolute path/],
  ['a drive', zip([...PARTS, ['C:x', '']]), 'MODEL_UNSAFE', /absolute path/],
  ['a link', zip([...PARTS, ['assets', '/etc', { mode: 0o120_777 }]]), 'MODEL_UNSAFE', /is a link/],
  ['two of one name', zip([...PARTS, ['config.json', '{}']]), 'MODEL_UNSAFE', /two members "config.json"/],
  ['an encrypted member', zip([...PARTS, ['x', 'secret', { flags: 0x801, deflate: true }]]), 'MODEL_UNSAFE', /encrypted/],
  ['a bomb', zip([...PARTS, ['x', ZEROS, { deflate: true, size: 4_000_000_000 }]]), 'MODEL_UNSAFE', /would be 4000000\d+ unpacked/],
  ['a directory that is cut off', zip(PARTS).subarray(0, -30), 'MODEL_DAMAGED', /zip archive is damaged/],
])('refused as a whole: %s', async (_name, bytes, code, message) => {
  folder.write('m.keras', bytes);
  await expect(folder.inspect('m.keras')).rejects.toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\.$/) });
});

test('members that share their bytes', async () => {
  const big = Buffer.alloc(100_000, 'x');
  const bytes = zip([...PARTS, ['a', big]]);
  const end = bytes.length - 22;
  // The directory lists the last member ten times more, under other names, at the same place.
  const directory = bytes.subarray(bytes.readUInt32LE(end + 16), end);
  const last = directory.subarray(-47);
  const more = Array.from({ length: 10 }, (_, index) => Buffer.concat([last.subarray(0, 46), Buffer.from(String.fromCharCode(98 + index))]));
  const tail = Buffer.from(bytes.subarray(end));
  tail.writeUInt16LE(14, 8);
  tail.writeUInt16LE(14, 10);
  tail.writeUInt32LE(directory.length + 470, 12);
  folder.write('m.keras', Buffer.concat([bytes.subarray(0, end), ...more, tail]));
  await expect(folder.inspect('m.keras')).rejects.toMatchObject({ code: 'MODEL_UNSAFE', message: expect.stringContaining('overlap') });
});

test.each([
  ['a checksum of other bytes', [PARTS[0], [PARTS[1][0], PARTS[1][1], { crc: 1 }], PARTS[2]]],
  ['more bytes than were declared', [PARTS[0], [PARTS[1][0], PARTS[1][1], { deflate: true, size: 3 }], PARTS[2]]],
  ['a configuration that is no JSON', [PARTS[0], ['config.json', 'config'], PARTS[2]]],
] as [string, Parameters<typeof zip>[0]][])('damaged: %s', async (_name, members) => {
  folder.write('m.keras', zip(members));
  expect(await folder.inspect('m.keras')).toMatchObject({ safe: false, damaged: true, findings: [{ code: 'corrupt' }] });
});

test('an archive of something else', async () => {
  folder.write('m.zip', zip([['readme.txt', 'hello']]));
  await expect(folder.inspect('m.zip')).rejects.toMatchObject({ code: 'MODEL_FORMAT', message: expect.stringContaining('zip archive') });
});
