// docs/benchmarks.md from what the parts of the measurements left behind: node bench/page.mjs [RESULTS [FILE]]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RESULTS } from './measured/record.mjs';
import { aimsOf, sectionOf } from './measured/section.mjs';

/** In the order of the page. */
const PARTS = ['package', 'serving', 'image', 'networks', 'aws', 'gcp', 'memory', 'startup'];
const [results = RESULTS, file = path.join(path.dirname(import.meta.dirname), 'docs/benchmarks.md')] = process.argv.slice(2);

const HEAD = `# Measured

Written by \`npm run bench:all -- 5 --write\`, not by hand. \`npm run bench:PART\` does one part again, \`node bench/page.mjs\` writes
this page from the last results: each part says when it was measured, and of which commit. Each round runs every party once, in turn, so that a busy
machine slows all alike. Figures are medians, with the least and the most in brackets; *n* is how many rounds they stand on. Compare
ratios, which are taken round by round, and not seconds, which are this machine's.`;

/** The whole of a part first, then what was chosen of it, the latest last. */
function resultsOf(part) {
  const whole = `${part}.json`;
  const files = readdirSync(results).filter((name) => name === whole || (name.startsWith(`${part}.`) && name.endsWith('.json')));
  const read = (name) => JSON.parse(readFileSync(path.join(results, name), 'utf8'));
  const again = files.filter((name) => name !== whole).map(read).toSorted((a, b) => (a.date < b.date ? -1 : 1));
  return [...files.filter((name) => name === whole).map(read), ...again];
}

const measured = existsSync(results) ? PARTS.flatMap(resultsOf) : [];
if (measured.length === 0) throw new Error(`${results} has no results. Run npm run bench:all first.`);
const missing = PARTS.filter((part) => !measured.some((each) => each.part === part)).map((part) => `\`npm run bench:${part}\``);
const gaps = missing.length > 0 ? [`Not measured yet: ${missing.join(', ')}.`] : [];
writeFileSync(file, `${[HEAD, ...gaps, `## Aims\n\n${aimsOf(measured)}`, ...measured.map(sectionOf)].join('\n\n')}\n`);
console.error(`${measured.map(({ part }) => part).join(', ')} -> ${file}`);
