// What a deploy to Google Cloud sends, asks and takes, in its two modes, against the tests' fake on this machine, which counts. Paired:
// each round runs both once, in turn, each in an empty project of its own.
//
//   npm run bench:gcp [-- ROUNDS [--write]]     5 rounds unless said; --write: docs/benchmarks-gcp.md
//
// The fake's builds install the requirements and start the real functions-framework; a build of Google's takes two to three minutes,
// so that the seconds of mode `function` are far too few.
//
// Ends with 1 when an aim is missed: in mode `run` a changed model sends itself and 64 KiB at most; a rollback is one changing call.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadFake } from '../scripts/gcp-fake.mjs';
import { pythonOf } from '../scripts/venv.mjs';
import { twoModels } from './aws/models.mjs';
import { mlfn } from './aws/ours.mjs';
import { ACTS, tableOf } from './aws/report.mjs';
import { run } from './aws/run.mjs';

const root = path.dirname(import.meta.dirname);
const given = process.argv.slice(2);
const rounds = Number(given.find((word) => !word.startsWith('--')) ?? 5);
const example = path.join(root, 'examples/heart-disease');
const sample = path.join(example, 'payload.json');
const requirements = path.join(root, 'bench/aws/model-requirements.txt');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-gcp-'));
const startGcp = await loadFake();
const loads = [];

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
    loads.push(os.loadavg()[0]);
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

let met = false;
try {
  const models = twoModels(pythonOf(path.join(root, '.venv')), example, work);
  const parties = [partyOf('run'), partyOf('function')];
  const rows = Object.fromEntries(parties.map(({ name }) => [name, []]));
  for (let number = 1; number <= rounds; number++) {
    for (const party of parties) {
      const measured = await round(party, models);
      rows[party.name].push(measured);
      console.error(`${number}  ${party.name}: ${Object.entries(measured).map(([act, { seconds }]) => `${ACTS[act]} ${seconds.toFixed(1)} s`).join(', ')}`);
    }
  }
  const of = (act) => Object.fromEntries(parties.map(({ name }) => [name, rows[name].map((each) => each[act])]));
  const sent = Math.max(...of('changed')['mode run'].map((each) => each.sent));
  const size = statSync(models.second.file).size;
  const changes = Math.max(...Object.values(of('back')).flat().map((each) => each.changes));
  const aims = [
    [sent <= size + 64 * 1024, `mode run, a changed model sends at most itself (${size} bytes) and 64 KiB: ${sent} bytes`],
    [changes === 1, `a rollback is one changing call: ${changes}`],
  ];
  met = aims.every(([is]) => is);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const facts = [
    `\`npm run bench:gcp -- ${given.join(' ')}\`, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, mlfn ${version}, node ${process.version}`,
    `${os.type()} ${os.arch()}, ${os.cpus().length} cores (${os.cpus()[0]?.model}), load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}, ${rounds} paired rounds`,
    ...parties.map(({ name, command, back }) => `${name}: \`${command}\`; rollback: \`${back}\``),
  ];
  const page = [facts.map((fact) => `- ${fact}`).join('\n'), ...Object.keys(ACTS).map((act) => tableOf(act, of(act))), aims.map(([is, text]) => `- ${is ? 'met' : '**missed**'}: ${text}`).join('\n')].join('\n\n');
  console.log(page);
  const head = `# Deploying to Google Cloud, measured

Written by \`npm run bench:gcp -- 5 --write\`, not by hand. One scikit-learn and pandas pipeline of 4 KB (\`examples/heart-disease\`) in the
two modes, against the tests' fake. Bytes are those of requests, calls those that leave this machine. The fake does not build as
Google does, which takes two to three minutes for each release of mode \`function\`: compare bytes and calls, not these seconds.`;
  if (given.includes('--write')) writeFileSync(path.join(root, 'docs/benchmarks-gcp.md'), `${head}\n\n${page}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
