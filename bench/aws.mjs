// What a deploy to AWS sends, asks and takes, beside AWS SAM: against the emulator on this machine, through the tests' gate,
// which counts. Paired: each round runs every party once, in turn, each in an empty account of its own.
//
//   npm run bench:aws [-- ROUNDS [--alone] [--write]]     5 rounds unless said; --alone: without SAM; --write: docs/benchmarks.md
//
// A round takes some minutes, nearly all of them SAM's.
//
// Ends with 1 when an aim is missed: a changed model sends at most itself compressed and 64 KiB; a rollback is one changing call.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pythonOf } from '../scripts/venv.mjs';
import { assertAnswers } from './aws/answer.mjs';
import { lab } from './aws/lab.mjs';
import { twoModels } from './aws/models.mjs';
import { mlfn } from './aws/ours.mjs';
import { installSam } from './aws/peer.mjs';
import { ACTS, aims, pageOf, tableOf } from './aws/report.mjs';
import { sam } from './aws/sam.mjs';

const root = path.dirname(import.meta.dirname);
const given = process.argv.slice(2);
const rounds = Number(given.find((word) => !word.startsWith('--')) ?? 5);
/** Rounds that a median of seconds stands on. */
const ENOUGH = 5;
const example = path.join(root, 'examples/heart-disease');
const sample = path.join(example, 'payload.json');
const requirements = path.join(root, 'bench/aws/model-requirements.txt');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-aws-'));
const peer = given.includes('--alone') ? null : await installSam();
const { startMinistack, startGate } = await lab(work);
const begun = new Date();
const loads = [];
// A long run can be ended after the round that it is in: what was measured is reported.
const enough = new AbortController();
process.once('SIGINT', () => enough.abort());

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
    loads.push(os.loadavg()[0]);
    return measured;
  } finally {
    await gate.stop();
    await cloud.stop();
  }
}

function tell(number, { name }, measured) {
  console.error(`${number}  ${name}: ${Object.entries(measured).map(([act, { seconds }]) => `${ACTS[act]} ${seconds.toFixed(1)} s`).join(', ')}`);
}

/** The page, and whether every aim is met. */
function report(parties, rows, models) {
  const [ours] = parties;
  const paired = rows[ours.name].length;
  const of = (act) => Object.fromEntries(parties.map(({ name }) => [name, rows[name].map((each) => each[act])]));
  const compressed = gzipSync(readFileSync(models.second.file), { level: 9 }).length;
  const judged = aims({ changed: of('changed')[ours.name], back: of('back')[ours.name] }, compressed);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const emulator = /^ministack==(.+)$/m.exec(readFileSync(path.join(root, 'test/aws/lab/requirements.in'), 'utf8'))[1];
  const versions = [`mlfn ${version}`, `node ${process.version}`, ...(peer === null ? [] : [`sam ${peer.version}`]), `ministack ${emulator}${peer === null ? '' : ` with aws-sam-translator ${peer.transform}`}`];
  const facts = [
    `\`npm run bench:aws -- ${given.join(' ')}\`, ${begun.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    versions.join(', '),
    `${os.type()} ${os.arch()}, ${os.cpus().length} cores (${os.cpus()[0]?.model}), load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
    `paired rounds: ${paired}${paired < ENOUGH ? `, which is fewer than ${ENOUGH}: read the bytes and calls, which are exact, and not the seconds` : ''}`,
    ...(peer === null ? [] : ['SAM with a layer takes part in the first round only: its bytes and calls are the same each time']),
    ...parties.flatMap(({ name, command, back }) => [`${name}: \`${command}\`; rollback: \`${back}\``]),
  ];
  const tables = Object.keys(ACTS).map((act) => tableOf(act, of(act)));
  return { page: [facts.map((fact) => `- ${fact}`).join('\n'), ...tables, judged.lines.join('\n')].join('\n\n'), met: judged.met };
}

let met = false;
try {
  const models = twoModels(pythonOf(path.join(root, '.venv')), example, work);
  const native = { name: 'mlfn, with the libraries', words: ['--engine', 'native'] };
  const parties = [mlfn(path.join(work, 'mlfn'), sample, requirements), mlfn(path.join(work, 'native'), sample, requirements, native)];
  if (peer !== null) parties.push(...['function', 'layer'].map((template) => sam(path.join(work, template), peer, template, requirements)));
  // Fills the caches of downloads, which are the same for both of SAM's.
  for (const party of parties.slice(0, 3)) tell('before', party, await round(party, models, true));
  const done = [];
  for (let number = 1; number <= rounds && !enough.signal.aborted; number++) {
    const measured = {};
    for (const party of parties) {
      if (number <= party.rounds) tell(number, party, (measured[party.name] = await round(party, models)));
    }
    done.push(measured);
  }
  const rows = Object.fromEntries(parties.map(({ name }) => [name, done.flatMap((each) => each[name] ?? [])]));
  const result = report(parties, rows, models);
  met = result.met;
  console.log(result.page);
  if (given.includes('--write')) writeFileSync(path.join(root, 'docs/benchmarks.md'), pageOf(result.page));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
