// What a deploy to Google Cloud sends, asks and takes, in its two modes, against the tests' fake on this machine, which counts. Paired:
// each round runs both once, in turn, each in an empty project of its own.
//
//   npm run bench:gcp [-- ROUNDS]     5 rounds unless said
//
// The fake's builds install the requirements and start the real functions-framework; a build of Google's takes two to three minutes,
// so that the seconds of mode `function` are far too few.
//
// Ends with 1 when an aim is missed: in mode `run` a changed model sends itself and 64 KiB at most; a rollback is one changing call.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadFake } from '../scripts/gcp-fake.mjs';
import { pythonOf } from '../scripts/venv.mjs';
import { twoModels } from './aws/models.mjs';
import { mlfn } from './aws/ours.mjs';
import { ACTS, tableOf } from './aws/report.mjs';
import { run } from './aws/run.mjs';
import { begin, wordsOf } from './measured/record.mjs';

const root = path.dirname(import.meta.dirname);
const { rounds, values } = wordsOf();
const example = path.join(root, 'examples/heart-disease');
const sample = path.join(example, 'payload.json');
const requirements = path.join(root, 'bench/aws/model-requirements.txt');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-gcp-'));
const startGcp = await loadFake();
const TEXT = "One scikit-learn and pandas pipeline of 4 KB (`examples/heart-disease`) in mlfn's two modes, against the tests' fake. Bytes are those of requests, calls those that leave this machine. The fake does not build as Google does, which takes two to three minutes for each release of mode `function`: compare bytes and calls, not these seconds.";

/** Every act once in an empty project; after each the live function is asked. */
async function round(party, { first, second }) {
  const gcp = await startGcp();
  const act = async (does) => {
    gcp.calls.length = 0;
    gcp.storage.clear();
    const seconds = await does(gcp.env);
    const changes = [...gcp.changes(), ...gcp.storage.calls.filter(({ method }) => method !== 'GET')];
    const measured = { seconds, sent: gcp.sent(), calls: gcp.calls.length + gcp.storage.calls.length, changes: changes.length };
    await party.asked(gcp.env);
    return measured;
  };
  try {
    party.forget();
    party.take(first.file);
    const measured = { first: await act(party.deploy), same: await act(party.deploy) };
    party.take(second.file);
    measured.changed = await act(party.deploy);
    measured.back = await act(party.rollback);
    return measured;
  } finally {
    await gcp.stop();
  }
}

function partyOf(mode) {
  const folder = path.join(work, mode);
  const own = mlfn(folder, sample, requirements, { name: `mode ${mode}`, target: 'gcp', words: ['--mode', mode] });
  const asked = (env) => run(process.execPath, [path.join(root, 'bin/mlfn.js'), 'invoke', 'heart', '--payload', sample, '--target', 'gcp'], { cwd: folder, env: { MLFN_HOME: path.join(folder, 'home'), ...env } });
  return { ...own, asked };
}

function report(parties, rows, models) {
  const of = (act) => Object.fromEntries(parties.map(({ name }) => [name, rows[name].map((each) => each[act])]));
  const size = statSync(models.second.file).size;
  return {
    title: 'Deploying to Google Cloud',
    text: [TEXT],
    versions: {},
    facts: parties.map(({ name, command, back }) => `${name}: \`${command}\`; rollback: \`${back}\``),
    tables: Object.keys(ACTS).map((act) => tableOf(act, of(act))),
    aims: [
      { aim: 'mode run: bytes that a changed model sends more than itself', values: [Math.max(...of('changed')['mode run'].map(({ sent }) => sent)) - size], most: 64 * 1024, digits: 0, why: `the model is ${size}` },
      { aim: 'changing calls of a rollback', values: [Math.max(...Object.values(of('back')).flat().map(({ changes }) => changes))], most: 1, digits: 0 },
    ],
  };
}

let met = false;
try {
  const models = twoModels(pythonOf(path.join(root, '.venv')), example, work);
  const parties = [partyOf('run'), partyOf('function')];
  const rows = Object.fromEntries(parties.map(({ name }) => [name, []]));
  const record = begin('gcp', rounds * parties.length);
  for (let number = 1; number <= rounds; number++) {
    for (const party of parties) {
      const measured = await round(party, models);
      rows[party.name].push(measured);
      record.tell(`round ${number}, ${party.name}: ${Object.entries(measured).map(([act, { seconds }]) => `${ACTS[act]} ${seconds.toFixed(1)} s`).join(', ')}`);
    }
  }
  met = record.keep(report(parties, rows, models), values.results);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
