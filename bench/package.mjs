// What making a package takes, every download there before: mlfn; uv and an archiver by hand; AWS SAM; a tutorial's pip and zip; the
// Serverless Framework. Paired: each round runs every party once, in turn.
//
//   npm run bench:package [-- ROUNDS] [--models logistic,forest] [--without sam,serverless]
//
// The logistic pipeline with pandas takes all rounds; the other models, and the slow peers, fewer (bench/package/parties.mjs). Ends with 1 when an aim is missed.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { begin, wordsOf } from './measured/record.mjs';
import { benchModels, modelsPython, NAMES } from './models.mjs';
import { faultOf, weigh } from './package/contents.mjs';
import { gather, MAIN, PEERS } from './package/parties.mjs';
import { report } from './package/report.mjs';
import { watcher } from './package/run.mjs';

/** In the order of a round. */
const ACTS = ['unknown', 'fresh', 'same', 'changed'];
const { rounds, values } = wordsOf({ options: { models: { type: 'string', default: NAMES.join(',') }, without: { type: 'string', default: '' } } });
const without = listOf('without', PEERS);
const names = listOf('models', NAMES);
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-package-'));

function listOf(option, known) {
  const given = values[option].split(',').filter((name) => name !== '');
  const wrong = given.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Error(`--${option} takes ${known.join(', ')}: ${wrong}`);
  return given;
}

/** What is changed is changed before, unmeasured. */
async function does(party, act, model) {
  if (act !== 'same') party.take(act === 'changed' ? model.again : model.model);
  return party.acts[act]();
}

/** The acts of a party that this round is one of, in order. */
const actsOf = ({ party, rounds: most }, round) => ACTS.filter((act) => party.acts[act] !== undefined && round < (most[act] ?? 0));

/** Fills the caches of downloads, and lets every tool write its byte code; what is made here is weighed and asked. */
async function before(python, { party }, model) {
  party.lay();
  await does(party, 'fresh', model);
  const zips = await party.zips();
  const fault = faultOf(python, { handler: party.handler, zips, model, wanted: model.answers.model });
  return { command: party.command, acts: Object.fromEntries(ACTS.map((each) => [each, []])), ...weigh(python, zips), fault };
}

/** Seconds of what cannot be avoided when the model changed. */
function digestAndCompress(file) {
  const begun = performance.now();
  const bytes = readFileSync(file);
  createHash('sha256').update(bytes).digest();
  gzipSync(bytes);
  return (performance.now() - begun) / 1000;
}

process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
const python = await modelsPython();
const models = await benchModels(names);
const { partiesOf, versions, stop } = await gather({ work, watch: watcher(python, work), python, rounds, without });
let met = false;
try {
  const measured = models.map((model) => ({ model, entries: partiesOf(model), parties: {} }));
  const steps = measured.flatMap(({ entries }) => entries.map(({ party, rounds: most }) => 1 + Math.max(...ACTS.filter((act) => party.acts[act]).map((act) => most[act] ?? 0))));
  const record = begin('package', steps.reduce((sum, each) => sum + each, 0));
  const extra = { start: [], digest: [], peaks: [], peakBefore: 0 };
  for (const { model, entries, parties } of measured) {
    for (const entry of entries) {
      parties[entry.party.name] = await before(python, entry, model);
      record.tell(`${model.name}, before: ${entry.party.name}${parties[entry.party.name].fault === null ? '' : ` DOES NOT RUN: ${parties[entry.party.name].fault}`}`);
    }
    const [, { party: native }] = entries;
    if (model.name === MAIN) extra.peakBefore = native.nodePeak();
    for (let round = 0; round < rounds; round++) {
      for (const entry of entries.filter((each) => actsOf(each, round).length > 0)) {
        const { party } = entry;
        const { acts } = parties[party.name];
        for (const act of actsOf(entry, round)) acts[act].push(await does(party, act, model));
        record.tell(`${model.name}, round ${round + 1}: ${party.name}  ${actsOf(entry, round).map((act) => `${act} ${acts[act].at(-1).seconds.toFixed(2)} s`).join(', ')}`);
      }
      if (model.name === MAIN) {
        extra.peaks.push(native.nodePeak());
        extra.start.push((await native.start()).seconds);
        extra.digest.push(digestAndCompress(model.again));
        native.nodePeak(); // of --help
      }
    }
  }
  const facts = [`requirements: scikit-learn 1.6.1 with numpy, scipy and joblib of its time, pandas 2.3.3, xgboost-cpu and lightgbm where the model needs them (bench/models/requirements.txt)`];
  met = record.keep(report({ models: measured, extra, versions, facts }), values.results);
} finally {
  await stop();
}
process.exit(met ? 0 : 1);
