// What a deploy to AWS sends, asks and takes, beside AWS SAM: against the emulator on this machine, through the tests' gate,
// which counts. Paired: each round runs every party once, in turn, each in an empty account of its own.
//
//   npm run bench:aws [-- ROUNDS [--alone]]     5 rounds unless said; --alone: without SAM
//
// A round takes a minute or two, nearly all of it SAM's.
//
// Ends with 1 when an aim is missed: a changed model sends at most itself compressed and 64 KiB; a rollback is one changing call.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pythonOf } from '../scripts/venv.mjs';
import { assertAnswers } from './aws/answer.mjs';
import { lab } from './aws/lab.mjs';
import { twoModels } from './aws/models.mjs';
import { mlfn } from './aws/ours.mjs';
import { installSam } from './aws/peer.mjs';
import { ACTS, aims, tableOf } from './aws/report.mjs';
import { sam } from './aws/sam.mjs';
import { begin, wordsOf } from './measured/record.mjs';

const root = path.dirname(import.meta.dirname);
const { rounds, values } = wordsOf({ options: { alone: { type: 'boolean', default: false } } });
const example = path.join(root, 'examples/heart-disease');
const sample = path.join(example, 'payload.json');
const requirements = path.join(root, 'bench/aws/model-requirements.txt');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-aws-'));
const peer = values.alone ? null : await installSam();
const { startMinistack, startGate } = await lab(work);
// A long run can be ended after the round that it is in: what was measured is reported.
const enough = new AbortController();
process.once('SIGINT', () => enough.abort());

const TEXT = [
  "The same model, packages and emulator for all: a scikit-learn and pandas pipeline of 4 KB (`examples/heart-disease`). Each round gives every party an empty account. Bytes are those of request bodies, calls those that leave this machine; what CloudFormation then calls inside the account is not counted. After each act the function is called, and has to give the probability of the model that should be live. Downloads are there before; locks, layouts and builds are not.",
  [
    '- *first deploy*: from an empty account to an endpoint. mlfn checks the release against the model itself before it is live; SAM does not.',
    '- *nothing changed*, *model changed*: the same command again; in between the model was trained again, with the same columns.',
    '- *mlfn* compiles this model, proves that it answers alike, and sends no libraries; *with the libraries* is what it does for models that it cannot compile.',
    '- *rollback*: to the first model. SAM has none: deployed again is the packaged template of the release before, which somebody has kept. CloudFormation then makes one more version of it; mlfn points the alias to the version that was there.',
  ].join('\n'),
];

/** One party in an empty account: every act once, and after each what the live function answers. */
async function round(party, { first, second }, onlyFirst = false) {
  const cloud = await startMinistack({ packages: peer === null ? [] : [peer.translator] });
  const gate = await startGate({ target: cloud.endpoint });
  const payload = readFileSync(sample, 'utf8');
  const act = async (name, does, { answer }) => {
    gate.clear();
    const seconds = await does(gate.env);
    const measured = { seconds, sent: gate.sent(), calls: gate.calls.length, changes: gate.changes().length };
    await assertAnswers(gate.env, payload, answer, `${party.name}, ${ACTS[name]}`);
    return measured;
  };
  try {
    party.forget();
    party.take(first.file);
    const measured = { first: await act('first', party.deploy, first) };
    if (onlyFirst) return measured;
    measured.same = await act('same', party.deploy, first);
    await party.keep(gate.env);
    party.take(second.file);
    measured.changed = await act('changed', party.deploy, second);
    measured.back = await act('back', party.rollback, first);
    return measured;
  } finally {
    await gate.stop();
    await cloud.stop();
  }
}

const told = ({ name }, measured) => `${name}: ${Object.entries(measured).map(([act, { seconds }]) => `${ACTS[act]} ${seconds.toFixed(1)} s`).join(', ')}`;

function report(parties, rows, models) {
  const [ours] = parties;
  const of = (act) => Object.fromEntries(parties.map(({ name }) => [name, rows[name].map((each) => each[act])]));
  const compressed = gzipSync(readFileSync(models.second.file), { level: 9 }).length;
  const emulator = /^ministack==(.+)$/m.exec(readFileSync(path.join(root, 'test/aws/lab/requirements.in'), 'utf8'))[1];
  return {
    title: 'Deploying to AWS',
    text: TEXT,
    versions: { ministack: emulator, ...(peer === null ? {} : { sam: peer.version, 'aws-sam-translator': peer.transform }) },
    facts: [
      ...(peer === null ? [] : ['SAM with a layer takes part in the first round only: its bytes and calls are the same each time']),
      ...parties.map(({ name, command, back }) => `${name}: \`${command}\`; rollback: \`${back}\``),
    ],
    tables: Object.keys(ACTS).map((act) => tableOf(act, of(act))),
    aims: aims({ changed: of('changed')[ours.name], back: of('back')[ours.name] }, compressed),
  };
}

let met = false;
try {
  const models = twoModels(pythonOf(path.join(root, '.venv')), example, work);
  const native = { name: 'mlfn, with the libraries', words: ['--engine', 'native'] };
  const parties = [mlfn(path.join(work, 'mlfn'), sample, requirements), mlfn(path.join(work, 'native'), sample, requirements, native)];
  if (peer !== null) parties.push(...['function', 'layer'].map((template) => sam(path.join(work, template), peer, template, requirements)));
  // Fills the caches of downloads, which are the same for both of SAM's.
  const record = begin('aws', parties.slice(0, 3).length + parties.reduce((sum, party) => sum + Math.min(rounds, party.rounds), 0));
  for (const party of parties.slice(0, 3)) record.tell(`before, ${told(party, await round(party, models, true))}`);
  const done = [];
  for (let number = 1; number <= rounds && !enough.signal.aborted; number++) {
    const measured = {};
    for (const party of parties) {
      if (number > party.rounds) continue;
      measured[party.name] = await round(party, models);
      record.tell(`round ${number}, ${told(party, measured[party.name])}`);
    }
    done.push(measured);
  }
  const rows = Object.fromEntries(parties.map(({ name }) => [name, done.flatMap((each) => each[name] ?? [])]));
  met = record.keep(report(parties, rows, models), values.results);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
