// Every part of the measurements, one after another, as npm run bench:PART does each: npm run bench:all [-- ROUNDS [--write]]
//
// Goes on when a part misses an aim or fails, and ends with 1 then. --write: docs/benchmarks.md, from the results.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { wordsOf } from './measured/record.mjs';

/** `most`: of the rounds, where bytes and calls are what counts, which are the same each time. */
const PARTS = [
  { file: 'package.mjs', most: Infinity },
  { file: 'serving.mjs', most: Infinity },
  { file: 'image.mjs', most: 3 },
  { file: 'networks.mjs', most: Infinity },
  { file: 'aws.mjs', most: 3 },
  { file: 'gcp.mjs', most: 1 },
  { file: 'memory.mjs' },
  { file: 'startup.mjs' },
];
const { rounds, values } = wordsOf({ options: { write: { type: 'boolean', default: false } } });
const minutes = () => ((Date.now() - begun) / 60_000).toFixed(0);
const node = (file, ...words) => spawnSync(process.execPath, [path.join(import.meta.dirname, file), ...words, '--results', values.results], { stdio: 'inherit' }).status === 0;

const begun = Date.now();
const missed = PARTS.filter((part, index) => {
  console.error(`\n${part.file}, part ${index + 1} of ${PARTS.length}, after ${minutes()} minutes; with 5 rounds all take about 50 on two quiet cores`);
  return !node(part.file, ...(part.most === undefined ? [] : [String(Math.min(rounds, part.most))]));
});
if (missed.length > 0) console.error(`not as it should be: ${missed.map(({ file }) => file).join(', ')}`);
console.error(`${minutes()} minutes`);
if (values.write) spawnSync(process.execPath, [path.join(import.meta.dirname, 'page.mjs'), values.results], { stdio: 'inherit' });
process.exit(missed.length === 0 ? 0 : 1);
