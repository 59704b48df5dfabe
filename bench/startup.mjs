// How long `mlfn --version` and `mlfn --help` take, against a Node that does nothing: npm run bench:startup [-- ROUNDS]
// The build knows both of these; what any other help or a wrong word takes, the command line's own start, is shown beside.
// Paired: every round runs each of them once, in turn, so that a busy machine slows them all alike.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from '../scripts/build.mjs';
import { begin, wordsOf } from './measured/record.mjs';
import { ratios } from './measured/statistics.mjs';

const { rounds, values } = wordsOf({ rounds: 20 });
/** Times a Node that does nothing. */
const LIMIT = 1.5;
const bin = path.join(import.meta.dirname, '../bin/mlfn.js');
const NODE = 'node -e 0';
const CASES = {
  [NODE]: ['-e', '0'],
  'mlfn --version': [bin, '--version'],
  'mlfn --help': [bin, '--help'],
  'mlfn deploy --help': [bin, 'deploy', '--help'],
};
const PROMISED = ['mlfn --version', 'mlfn --help'];

await build();
const record = begin('startup', 1);
const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
for (let round = -2; round < rounds; round++) {
  for (const [name, argv] of Object.entries(CASES)) {
    const started = performance.now();
    const { status } = spawnSync(process.execPath, argv, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    if (round >= 0) times[name].push(performance.now() - started); // the first two rounds warm the disk
  }
}
record.tell(`${rounds} rounds`);

const timesNode = (name) => ratios(times[name], times[NODE]);
const met = record.keep({
  title: "The command line's start",
  text: ['`deploy --help` stands for what any command takes before it begins its work.'],
  facts: [],
  versions: {},
  tables: [{
    title: 'command', columns: [{ name: 'ms', digits: 1 }, { name: `times \`${NODE}\`` }],
    rows: Object.keys(CASES).map((name) => ({ name: `\`${name}\``, cells: [times[name], timesNode(name)] })),
  }],
  aims: PROMISED.map((name) => ({ aim: `\`${name}\`, times \`${NODE}\``, values: timesNode(name), most: LIMIT, digits: 2 })),
}, values.results);
process.exit(met ? 0 : 1);
