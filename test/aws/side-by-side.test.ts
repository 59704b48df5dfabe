/** What a command does at the same time, so that nobody waits for one thing after the other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultsLab } from './faults-lab.ts';
import { denied } from './lab/gate/faults.ts';

let lab: FaultsLab;
beforeAll(async () => {
  lab = await FaultsLab.open();
});
afterAll(async () => lab?.close());

/** A function whose import writes its process's id to a file, and then does what is said. */
function noticed(name: string, then = ''): { args: string[]; file: string } {
  const file = path.join(lab.folder, `${name}.pid`);
  const code = `import os, pathlib, time\n\npathlib.Path(${JSON.stringify(file)}).write_text(str(os.getpid()))\n${then}\n\ndef answer(payload):\n    return {"word": "one"}\n`;
  return { file, args: ['deploy', lab.app(name, '', { code }), '--name', name, '--sample', lab.write(`${name}.json`, '{}')] };
}

test('the model itself is asked while its release is being made', async () => {
  const { args, file } = noticed('early');
  const held = lab.gate.hold({ operation: 'lambda:CreateFunction' }, 'request');
  const deployed = lab.mlfn(args);
  await held.reached;
  await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
  held.release();
  expect(await deployed).toMatchObject({ live: 1, verification: { method: 'sample', compared: 1 } });
});

test('a deploy that fails meanwhile ends it, and leaves nothing of it', async () => {
  const { args, file } = noticed('late', 'time.sleep(100)');
  const held = lab.gate.hold({ operation: 'lambda:CreateFunction' }, 'request');
  lab.gate.fault({ operation: 'lambda:CreateFunction' }, denied('lambda:CreateFunction'));
  const failed = lab.mlfn(args, { code: 4 });
  await held.reached;
  await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true);
  held.release();
  expect(await failed).toMatchObject({ error: { code: 'AWS_DENIED' } });
  expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH');
  expect(readdirSync(path.join(lab.folder, 'home/cache/children'))).toEqual([]);
});

test('what releases stand on is read while the function and its records are', async () => {
  const { args } = noticed('early');
  const held = ['lambda:GetFunction', 's3:ListObjectsV2'].map((operation) => lab.gate.hold({ operation }, 'request'));
  const read = ['s3:HeadBucket', 'iam:GetRole', 'logs:DescribeLogGroups', 's3:HeadObject'].map((operation) => lab.gate.answered({ operation }));
  const again = lab.mlfn(args);
  await Promise.all([...held.map(({ reached }) => reached), ...read]);
  for (const { release } of held) release();
  expect(await again).toMatchObject({ status: 'up-to-date' });
});
