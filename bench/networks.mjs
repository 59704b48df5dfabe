// What a network costs at its start: examples/keras-logit as the ONNX model that it is converted to, in a Lambda zip and in an image,
// and with TensorFlow itself in an image. Every round starts each of them once, in turn.
//
//   npm run bench:networks [-- ROUNDS]
//
// Needs what the image tests need (scripts/oci-lab.mjs). Fetches TensorFlow once, 330 MB. Ends with 1 when an aim is missed.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lab } from './aws/lab.mjs';
import { begin, wordsOf } from './measured/record.mjs';
import { median, ratios } from './measured/statistics.mjs';
import { startImage, unpackImage } from './networks/boxed.mjs';
import { mlfn, unzip } from './serving/package.mjs';

const root = path.dirname(import.meta.dirname);
const example = path.join(root, 'examples/keras-logit');
const base = path.join(root, '.oci-lab', readdirSync(path.join(root, '.oci-lab')).find((each) => each.startsWith('base-trixie-')) ?? '', 'layout');
const WARM = 100;
/** Milliseconds in which the one before ends. */
const PAUSE = 500;
const [ZIP, IMAGE, NATIVE] = ['mlfn: ONNX, a zip', 'ONNX, an image', 'TensorFlow, an image'];

const { rounds, values } = wordsOf();
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-networks-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const on = await lab(work, ['rie', 'server', 'programs']);
const variables = { PYTHONDONTWRITEBYTECODE: '1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2048' };

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return files.reduce((sum, each) => sum + statSync(path.join(each.parentPath, each.name)).size, 0);
}

/** @returns how its worker is started, and what it weighs unpacked, the base apart */
function zipped(project) {
  const [out, task, opt] = ['out', 'task', 'opt'].map((each) => path.join(work, each));
  mlfn(project, 'build', '--target', 'aws', '--region', 'eu-west-1', '--out', out);
  unzip(path.join(out, 'function.zip'), task);
  unzip(path.join(out, 'dependencies.zip'), path.join(opt, 'python'));
  const sent = ['function', 'dependencies'].reduce((sum, each) => sum + statSync(path.join(out, `${each}.zip`)).size, 0);
  const start = () => on.startRuntime({ zip: task, layers: [opt], handler: 'mlfn_serve.entry.handler', memory: 2048, env: variables });
  return { name: ZIP, start, unpacked: sizeOf(task) + sizeOf(opt), sent };
}

function imaged(project, name, engine) {
  const archive = path.join(work, `${engine}.tar`);
  const { layers } = mlfn(project, 'image', '--for', 'lambda', '--engine', engine, '--base', `oci:${base}:trixie`, '-o', archive);
  const image = unpackImage(on, archive, path.join(work, engine));
  const own = layers.filter(({ what }) => what !== 'base');
  return { name, start: () => startImage(on, image, variables), unpacked: sizeOf(path.join(image.root, 'var/task')), sent: own.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function measure({ name, start }, event, expected) {
  const worker = await start();
  try {
    const ask = async () => {
      const begun = performance.now();
      const answer = await worker.invoke(event);
      if (JSON.stringify(answer) !== expected) throw new Error(`${name} answers ${JSON.stringify(answer)}, and should ${expected}`);
      return performance.now() - begun;
    };
    const cold = await ask();
    const warm = [];
    for (let call = 0; call < WARM; call++) warm.push(await ask());
    return { cold, warm: median(warm) };
  } finally {
    await worker.stop();
  }
}

const project = path.join(work, 'keras-logit');
mkdirSync(project);
cpSync(example, project, { recursive: true });
const event = JSON.parse(readFileSync(path.join(example, 'payload.json'), 'utf8'));
const expected = JSON.stringify(JSON.parse(readFileSync(path.join(example, 'expected.json'), 'utf8')).find(({ request }) => request.payload === 'payload.json').answer);

const record = begin('networks', rounds + 1);
const parties = [zipped(project), imaged(project, IMAGE, 'onnx'), imaged(project, NATIVE, 'native')];
record.tell('packed');
const samples = Object.fromEntries(parties.map(({ name }) => [name, { cold: [], warm: [] }]));
for (let round = 0; round <= rounds; round++) {
  for (const party of [...parties.slice(round % parties.length), ...parties.slice(0, round % parties.length)]) {
    const { cold, warm } = await measure(party, event, expected);
    await wait(PAUSE);
    if (round === 0) continue; // it warms the disk
    samples[party.name].cold.push(cold);
    samples[party.name].warm.push(warm);
  }
  if (round > 0) record.tell(parties.map(({ name }) => `${name} ${samples[name].cold.at(-1).toFixed(0)} ms`).join(', '));
}

const timesZip = (what) => (name) => (name === ZIP ? '1' : ratios(samples[name][what], samples[ZIP][what]));
const met = record.keep({
  title: 'Networks',
  text: [
    `A dense network of Keras (examples/keras-logit). **mlfn** converts it to ONNX and proves that it answers alike, which goes into a zip; beside it the same in an image, and with TensorFlow itself in an image (\`--engine native\`). The zip on AWS's own runtime for Python 3.12, its interface emulator and client; the images in a box of their own with Python 3.13 of Debian 13, the same client and emulator. The disk is warm: what Lambda takes to bring an image's blocks to a worker comes on top.`,
  ],
  facts: ['the answer to each call is the example’s own', 'bytes are without the base', 'mlfn image --for lambda --engine onnx | native --base oci:LAYOUT -o FILE'],
  versions: {},
  tables: [
    {
      title: 'keras-logit',
      columns: [{ name: 'start to first answer, ms', digits: 0 }, { name: "times the zip's", digits: 1 }, { name: 'warm p50, ms' }, { name: "times the zip's" }, { name: 'bytes, compressed', digits: 0 }, { name: 'MiB unpacked', digits: 1 }],
      rows: parties.map(({ name, sent, unpacked }) => ({ name, cells: [samples[name].cold, timesZip('cold')(name), samples[name].warm, timesZip('warm')(name), sent, unpacked / 2 ** 20] })),
    },
  ],
  aims: [
    { aim: 'start to first answer: ONNX as a zip, times faster than TensorFlow in an image', values: ratios(samples[NATIVE].cold, samples[ZIP].cold), least: 5 },
    { aim: 'MiB of the zip, unpacked', values: [parties[0].unpacked / 2 ** 20], most: 130 },
  ],
}, values.results);
process.exit(met ? 0 : 1);
