// How fast models answer: npm run bench:serving [-- ROUNDS [--models logistic,forest] [--engines plain,onnx,native] [--parts lambda,served,row]]
//
// lambda: on AWS's own runtime, against a function that does nothing and a tutorial's handler. served: behind mlfn's servers, FastAPI,
// MLServer and BentoML, under the same load. row: the evaluator alone. Answers are compared with the model's own before anything counts.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lab } from './aws/lab.mjs';
import { begin, wordsOf } from './measured/record.mjs';
import { benchModels, NAMES } from './models.mjs';
import { oneRow, oneRowTable, timesFaster } from './serving/evaluator.mjs';
import { coldOfEcho, lambdaTable, nameOf, onLambda, timesTutorial, warmOfEcho } from './serving/lambda.mjs';
import { findWrk, LOAD, WRK } from './serving/load.mjs';
import { installedPeers } from './serving/peers.mjs';
import { CLOUD_RUN, SECONDS, servedTable, timesBestPeer, underLoad } from './serving/served.mjs';

const list = (...all) => ({ type: 'string', default: all.join() });
const { rounds, values } = wordsOf({ options: { models: list(...NAMES), engines: list('plain', 'onnx', 'native'), parts: list('lambda', 'served', 'row') } });
const [names, engines, parts] = [values.models, values.engines, values.parts].map((each) => each.split(','));
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-serving-'));
/** Whose figures the aims are about: in the logistic pipeline is nothing for ONNX to do. */
const OF = { plain: 'logistic', onnx: 'neighbours', native: 'logistic' };

function lambdaAims(measured, models) {
  const aim = (engine, text, samplesOf, bound) => {
    const found = measured[OF[engine]];
    const title = models.find(({ name }) => name === OF[engine])?.title ?? OF[engine];
    const samples = found?.samples[nameOf(engine)];
    const is = samples === undefined ? { values: [], why: found?.refused[engine] ?? 'it was not asked for' } : { values: samplesOf(found.samples, nameOf(engine)) };
    return { aim: `${title}, ${engine}: ${text}`, ...bound, ...is };
  };
  const first = 'start to first answer';
  return [
    aim('plain', `${first}, times an echo function's`, coldOfEcho, { most: 1.3, digits: 2 }),
    aim('plain', `${first}, times faster than the tutorial's`, timesTutorial, { least: 40 }),
    aim('onnx', `${first}, times faster than the tutorial's`, timesTutorial, { least: 15 }),
    aim('native', `${first}, times faster than the tutorial's`, timesTutorial, { least: 3.5 }),
    aim('plain', "warm p50, times an echo function's", warmOfEcho, { most: 1.15, digits: 2 }),
  ];
}

async function main() {
  const models = await benchModels(names);
  const forest = parts.includes('row') ? models.find(({ name }) => name === 'forest') : undefined;
  const peers = parts.includes('served') ? await installedPeers() : [];
  const wrk = parts.includes('served') ? findWrk() : undefined;
  const record = begin('serving', models.length * ['lambda', 'served'].filter((part) => parts.includes(part)).length + (forest ? 1 : 0));
  const on = await lab(work, ['rie', 'server']);
  const given = (model, part) => ({ rounds, work: path.join(work, model.name, part), tell: record.tell });
  const [lambda, served, tables] = [{}, {}, []];
  for (const model of models) {
    if (parts.includes('lambda')) tables.push(lambdaTable(model, (lambda[model.name] = await onLambda(on.startRuntime, model, { engines, ...given(model, 'lambda') }))));
    if (parts.includes('served')) tables.push(servedTable(model, (served[model.name] = await underLoad(on, model, { wrk, peers, ...given(model, 'served') }))));
  }
  const row = forest && (await oneRow(forest, { ...given(forest, 'row'), rounds: Math.max(rounds, 5) }));
  if (row) tables.push(oneRowTable(forest, row));
  return record.keep({
    title: 'Serving',
    text: ["On AWS's own runtime for Python, its interface emulator and client, with the disk warm; and behind servers of HTTP, all on the same cores. Chosen is the engine that `mlfn deploy` takes by itself."],
    facts: [
      'every answer is a label and the chances of all classes, and was compared with the model’s own: 1e-9 apart at most, ONNX 1e-5',
      ...(parts.includes('lambda') ? ["the tutorial's packages are those of mlfn's native one, in the same versions, as they come from PyPI, without byte code", 'a model that does not fit into a package is fetched when it starts, here from this disk'] : []),
      ...(wrk ? [`served: \`${LOAD}\`, ${SECONDS} s a round for each, OMP_NUM_THREADS=1, no line in the log for each request, byte code compiled; MLServer's parallel workers end with an error on Python 3.12, so it has one process`] : []),
    ],
    versions: Object.assign(wrk ? { wrk: WRK } : {}, ...peers.map(({ versions }) => versions)),
    tables,
    aims: [
      ...(parts.includes('lambda') ? lambdaAims(lambda, models) : []),
      ...models.filter(({ name }) => served[name]).map(({ name, title }) => ({ aim: `${title}: requests/s, times the best peer's`, values: timesBestPeer(served[name], CLOUD_RUN), least: 1, digits: 2 })),
      ...(row ? [{ aim: 'RandomForest(300), one row: times faster than scikit-learn', values: timesFaster(row), least: 15, why: row.refused }] : []),
    ],
  }, values.results);
}

let met = false;
try {
  met = await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
