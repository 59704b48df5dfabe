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
import { benchModels, modelsPython, NAMES, requirements } from './models.mjs';
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
const { partiesOf, versions, stop } = await gather({ work, watch: watcher(python, work), python, requirements, rounds, without });

/** One party's acts of a round; after its first package, what that weighs, and whether it answers. */
async function takesPart(entry, round, model, told) {
  const { party } = entry;
  for (const act of actsOf(entry, round)) {
    told.acts[act].push(await does(party, act, model));
    if (act !== 'fresh' || round > 0) continue;
    const zips = await party.zips();
    Object.assign(told, weigh(python, zips), { fault: faultOf(python, { handler: party.handler, zips, model, wanted: model.answers.model }) });
  }
  const seconds = actsOf(entry, round).map((act) => `${act} ${told.acts[act].at(-1).seconds.toFixed(2)} s`).join(', ');
  record.tell(`${model.name}, round ${round + 1}: ${party.name}  ${seconds}${told.fault === null ? '' : `, DOES NOT RUN: ${told.fault}`}`);
}

/** All rounds of a model. @returns what is told of each party */
async function measure(model, entries) {
  const parties = Object.fromEntries(entries.map(({ party }) => [party.name, { command: party.command, acts: Object.fromEntries(ACTS.map((act) => [act, []])) }]));
  const [{ party: native }] = entries;
  for (const { party } of entries) {
    party.lay();
    party.take(model.model);
    await party.fill?.();
  }
  const peak = native.nodePeak();
  if (model.name === MAIN) extra.peakBefore = peak;
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries.filter((each) => actsOf(each, round).length > 0)) await takesPart(entry, round, model, parties[entry.party.name]);
    if (model.name !== MAIN) continue;
    extra.peaks.push(native.nodePeak());
    extra.start.push((await native.start()).seconds);
    extra.digest.push(digestAndCompress(model.again));
    native.nodePeak(); // of --help
  }
  return parties;
}

/** Of the main model: what its aims are held against. */
const extra = { start: [], digest: [], peaks: [], peakBefore: 0 };
const all = models.map((model) => ({ model, entries: partiesOf(model) }));
const partsTaken = (entry) => Array.from({ length: rounds }, (_, round) => actsOf(entry, round)).filter((acts) => acts.length > 0).length;
const record = begin('package', all.flatMap(({ entries }) => entries.map(partsTaken)).reduce((sum, each) => sum + each, 0));
let met = false;
try {
  const measured = [];
  for (const { model, entries } of all) measured.push({ model, parties: await measure(model, entries) });
  met = record.keep(report({ models: measured, extra, versions }), values.results);
} finally {
  await stop();
}
process.exit(met ? 0 : 1);
