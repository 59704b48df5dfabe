// mlfn: a model file, the requirements beside it, and nothing written by hand.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(path.dirname(import.meta.dirname));
const bin = path.join(root, 'bin/mlfn.js');
/** What mlfn knows of one lock and one model. What is left: wheels, fetched and unpacked, as uv's cache and pip's have them. */
const KNOWN = ['children', 'compiled', 'dependencies', 'environments', 'hashes', 'locks', 'serving', 'slim'];
/** What it has of a package that it has made. */
const MADE = ['dependencies'];

/**
 * @param work a folder of its own; `home` may be shared
 * @param watch a watcher
 * @param engine what --engine gets; none: mlfn chooses
 */
export function mlfn({ work, home, watch, model, engine }) {
  const project = path.join(work, engine ?? 'auto');
  const peaks = path.join(project, 'peaks');
  const chosen = engine === undefined ? [] : ['--engine', engine];
  const call = (...words) => watch(process.execPath, ['--import', path.join(root, 'bench/peak-memory.mjs'), bin, ...words], { cwd: project, env: { MLFN_HOME: home, PEAK_MEMORY: peaks } });
  const build = () => call('build', 'model.joblib', '--name', 'bench', '--target', 'aws', '--python', '3.12', ...chosen, '--out', 'out', '--json');
  const forget = (folders) => {
    rmSync(path.join(project, 'out'), { recursive: true, force: true });
    for (const each of folders) rmSync(path.join(home, 'cache', each), { recursive: true, force: true });
  };
  return {
    name: engine === undefined ? 'mlfn' : `mlfn, ${engine}`,
    command: `mlfn build model.joblib --target aws${chosen.map((word) => ` ${word}`).join('')}`,
    handler: 'mlfn_serve.entry.handler',
    lay() {
      mkdirSync(project, { recursive: true });
      cpSync(model.requirements, path.join(project, 'requirements.txt'));
    },
    take: (file) => cpSync(file, path.join(project, 'model.joblib')),
    acts: {
      // To be compiled is part of being made.
      fresh: () => (forget(engine === 'native' ? MADE : KNOWN), build()),
      same: build,
      changed: build,
      ...(engine === 'native' && { unknown: () => (forget(KNOWN), build()) }),
    },
    /** Fetches what is missing, of the model's packages and of those that compile it, and unpacks it. */
    fill: build,
    /** The command line's own start. */
    start: () => call('build', '--help'),
    zips: async () => ['function.zip', 'dependencies.zip'].map((file) => path.join(project, 'out', file)).filter(existsSync),
    /** MB at the peak of the largest of its Node processes since this was asked last. */
    nodePeak() {
      const bytes = readFileSync(peaks, 'utf8').trim().split('\n').map(Number);
      rmSync(peaks);
      return Math.max(...bytes) / 1e6;
    },
  };
}
