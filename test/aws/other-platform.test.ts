/** A package for a processor that this machine has not: the model itself is asked with the same versions for this machine. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploy } from '../../src/pipeline.ts';
import { type OwnContext, ownContext } from './context.ts';
import { type Ministack, startMinistack } from './lab/ministack.ts';

let lab: Ministack;
let own: OwnContext;

beforeAll(async () => {
  lab = await startMinistack();
  Object.assign(process.env, lab.env);
  own = await ownContext('platform');
});

afterAll(async () => {
  await lab?.stop();
  await own?.remove();
});

test('a wheel with compiled code: locked for the one, asked with the other', async () => {
  const { folder, ctx, events } = own;
  const other = process.arch === 'arm64' ? 'x86_64' : 'arm64';
  // The emulator runs the handler on this machine: it uses what the package's Python part has, the model's own the wheel.
  await writeFile(path.join(folder, 'app.py'), 'import os\ndef predict(body):\n    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n        return {"n": len(body)}\n    import markupsafe._speedups\n    return {"n": len(body)}\n');
  await writeFile(path.join(folder, 'requirements.txt'), 'markupsafe==3.0.2\n');
  await writeFile(path.join(folder, 'sample.json'), '{"a": 1, "b": 2}');
  const done = await deploy(ctx, {
    name: 'cross',
    model: `${path.join(folder, 'app.py')}:predict`,
    target: 'aws',
    targetConfig: { architecture: other },
    settings: { memory: 256, timeout: 30, concurrency: 1, idle: 60, env: {} },
    sample: path.join(folder, 'sample.json'),
    trust: false,
    dryRun: false,
  });
  expect(done).toMatchObject({ status: 'deployed', verification: { method: 'sample' } });
  const here = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const told = events.flatMap((event) => (event.type === 'fact' && event.label === 'host' ? [event.text] : []));
  expect(told).toEqual([expect.stringContaining(`same versions for this machine (Python 3.12, linux ${here})`)]);
});
