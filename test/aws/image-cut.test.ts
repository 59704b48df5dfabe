/** A bad network between a deploy and ECR: the push is cut in the middle of a layer, and goes on. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Network, startToxiproxy } from '../lab/toxiproxy.ts';
import { writeSmallBase } from '../oci/small-base.ts';
import { FaultsLab } from './faults-lab.ts';

const MB = 1 << 20;
const WEIGHTS = 70 * MB;

let lab: FaultsLab;
let network: Network;
beforeAll(async () => {
  lab = await FaultsLab.open();
  network = await startToxiproxy(lab.gate.endpoint);
});
afterAll(async () => {
  await network?.stop();
  await lab?.close();
});

/** In whole pieces: what of one was cut is no call of the gate's. */
const pieces = () => lab.gate.calls.filter(({ name, done }) => name === 'registry:UploadLayerPart' && done).map(({ bytes }) => bytes);

test('each connection ends after 45 MB: the layer arrives whole, each piece of it once, and the function answers', async () => {
  const code = 'import os\n\nimport large\n\n\ndef answer(payload):\n    return {"word": os.path.getsize(large.WEIGHTS)}\n';
  const app = lab.app('cut', '', { code });
  const folder = path.join(path.dirname(app), 'large');
  mkdirSync(folder);
  writeFileSync(path.join(folder, '__init__.py'), 'import os\n\nWEIGHTS = os.path.join(os.path.dirname(__file__), "weights.bin")\n');
  writeFileSync(path.join(folder, 'weights.bin'), randomBytes(WEIGHTS));
  mkdirSync(path.join(lab.folder, 'base'));
  const args = ['deploy', app, '--name', 'cut', '--package', 'image', '--base', writeSmallBase(path.join(lab.folder, 'base')), '--public'];
  const mend = await network.add({ type: 'limit_data', stream: 'upstream', attributes: { bytes: 45 * MB } });
  const done = await lab.mlfn(args, { env: { AWS_ENDPOINT_URL: network.endpoint } });
  await mend();
  expect(done).toMatchObject({ status: 'deployed', live: 1 });
  expect(await lab.ask(done.url)).toEqual({ text: `200 {"word": ${WEIGHTS}}`, release: '1' });
  const sent = pieces();
  expect(sent.slice(0, 2)).toEqual([32 * MB, 32 * MB]);
  expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(WEIGHTS + MB);
  lab.gate.clear();
  expect(await lab.mlfn(args)).toMatchObject({ status: 'up-to-date' });
  expect(pieces()).toEqual([]);
});
