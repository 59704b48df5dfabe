// mlfn: a model file and a sample, nothing written by hand.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

const root = path.dirname(path.dirname(import.meta.dirname));
/** What a package is made from again; the downloads stay. */
const MADE = ['children', 'compiled', 'dependencies', 'environments', 'hashes', 'locks', 'serving', 'slim'];

/**
 * @param work a folder of its own
 * @param sample file of a body as a client would post it
 * @param requirements file of the model's packages, pinned
 * @param where the target, and more words of a deploy to it
 */
export function mlfn(work, sample, requirements, { name = 'mlfn', target = 'aws', words = [] } = {}) {
  const home = path.join(work, 'home');
  const call = (env, ...args) => run(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args, '--target', target, '--json'], { cwd: work, env: { MLFN_HOME: home, ...env } });
  const deploy = (env) => call(env, 'deploy', 'model.joblib', '--name', 'heart', '--sample', sample, '--requirements', requirements, ...words);
  return {
    name,
    rounds: Infinity,
    command: `mlfn deploy model.joblib --name heart --sample payload.json --requirements requirements.txt --target ${target}${words.map((word) => ` ${word}`).join('')}`,
    back: `mlfn rollback heart --target ${target}`,
    forget() {
      mkdirSync(work, { recursive: true });
      for (const made of MADE) rmSync(path.join(home, 'cache', made), { recursive: true, force: true });
      const wheels = path.join(home, 'cache/wheels');
      const unpacked = existsSync(wheels) ? readdirSync(wheels).filter((each) => !each.endsWith('.whl')) : [];
      for (const each of unpacked) rmSync(path.join(wheels, each), { recursive: true, force: true });
    },
    take: (model) => cpSync(model, path.join(work, 'model.joblib')),
    deploy,
    keep: async () => {},
    rollback: (env) => call(env, 'rollback', 'heart'),
  };
}
