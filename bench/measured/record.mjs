// What a part of the measurements leaves behind: a JSON file, of which bench/page.mjs makes its section of docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMet, sectionOf } from './section.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
export const RESULTS = path.join(root, '.bench/results');

/**
 * The words after a part's command: ROUNDS, `--results FOLDER`, and options of its own as `parseArgs` takes them.
 * @returns `{rounds, values}`
 */
export function wordsOf({ rounds = 5, options = {} } = {}) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { results: { type: 'string', default: RESULTS }, ...options } });
  const asked = Number(positionals[0] ?? rounds);
  if (positionals.length > 1 || !Number.isInteger(asked) || asked < 1) throw new Error(`ROUNDS is a whole number from 1: ${positionals.join(' ')}`);
  return { rounds: asked, values };
}

/**
 * Begins a part: call it before the first measurement.
 * @param part its name, which is its file's
 * @param steps how many times `tell` will be called: it estimates the rest of the time
 */
export function begin(part, steps) {
  const begun = Date.now();
  const load = [os.loadavg()[0]];
  let done = 0;
  return {
    /** Says on standard error what was just measured, and how long the rest will take. */
    tell(text) {
      done += 1;
      load.push(os.loadavg()[0]);
      const passed = (Date.now() - begun) / 60_000;
      const rest = steps > done ? `, about ${((passed / done) * (steps - done)).toFixed(0)} min left` : '';
      console.error(`${part} ${done}/${steps}  ${text}  (${passed.toFixed(1)} min${rest})`);
    },
    /**
     * Writes the part's file, or that of what was chosen of it, and prints its section.
     * @param measured `title`; `text`: paragraphs; `facts`: how it was measured, a line each; `versions`: name -> version, beside
     *   mlfn's and Node's; `tables`: `{title, columns: {name, digits?}[], rows: {name, cells}[]}`, where a cell is the samples of all
     *   rounds, or a text or number that is exact; `aims`: `{aim, values, least | most, digits?, why?}`, where `values` are the
     *   samples, none when it could not be measured, which `why` then says
     * @param results folder
     * @returns whether every aim is met
     */
    keep({ versions, ...measured }, results) {
      const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
      const result = {
        part, command: commandOf(part), date: new Date(begun).toISOString(), commit: commitOf(), machine: `${os.type()} ${os.arch()}, ${os.cpus().length} cores (${os.cpus()[0]?.model})`,
        load, versions: { mlfn: version, node: process.version, ...versions }, ...measured,
      };
      mkdirSync(results, { recursive: true });
      writeFileSync(path.join(results, `${[part, ...chosen()].join('.')}.json`), `${JSON.stringify(result, null, 1)}\n`);
      console.log(sectionOf(result));
      return result.aims.every(isMet);
    },
  };
}

/** What was asked for, beside the rounds: a part of the part, which stands beside the whole. */
function chosen() {
  return asked().filter((word) => !/^\d+$/.test(word)).map((word) => word.replaceAll(/[^\w,-]/g, '_').replace(/^--/, ''));
}

/** Where the results go is nothing to repeat. */
const asked = () => process.argv.slice(2).filter((word, at, all) => word !== '--results' && all[at - 1] !== '--results');

function commandOf(part) {
  const said = asked();
  return [`npm run bench:${part}`, ...(said.length > 0 ? ['--', ...said] : [])].join(' ');
}

/** Short, and whether there is more in the folder than that. */
function commitOf() {
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes');
}

function git(...words) {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
}
