// How long `mlfn --version` and `mlfn --help` take, against a Node that does nothing. One command: node bench/startup.mjs
// The build knows both of these; what any other help or a wrong word takes, the command line's own start, is shown beside.
// Paired: every round runs each of them once, in turn, so that a busy machine slows them all alike.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { build } from '../scripts/build.mjs';

const ROUNDS = Number(process.argv[2] ?? 20);
const LIMIT = 1.5;
const bin = path.join(import.meta.dirname, '../bin/mlfn.js');
const CASES = {
  'node -e 0': ['-e', '0'],
  'mlfn --version': [bin, '--version'],
  'mlfn --help': [bin, '--help'],
  'mlfn deploy -h': [bin, 'deploy', '--help'],
};
const PROMISED = ['mlfn --version', 'mlfn --help'];

await build();
const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, argv] of Object.entries(CASES)) {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, argv, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    if (round >= 0) times[name].push(performance.now() - started); // the first two rounds warm the disk
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const base = median(times['node -e 0']);
console.log(`node ${process.version}, ${os.type()} ${os.arch()}, ${os.cpus().length} cores, ${ROUNDS} paired rounds, medians`);
let within = true;
for (const [name, values] of Object.entries(times)) {
  const ratio = median(values.map((value, i) => value / times['node -e 0'][i]));
  if (PROMISED.includes(name)) within &&= ratio <= LIMIT;
  console.log(`${name.padEnd(16)} ${median(values).toFixed(1).padStart(7)} ms   ${ratio.toFixed(2)} of node -e 0`);
}
console.log(within ? `within ${LIMIT} times ${base.toFixed(1)} ms` : `over ${LIMIT} times ${base.toFixed(1)} ms`);
process.exitCode = within ? 0 : 1;
