// Serverless Framework 3 with serverless-python-requirements: `serverless package`.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(path.dirname(import.meta.dirname));
/** @param cache folder for the requirements that the plugin has installed */
export function serverless({ work, watch, model, peer, python, cache }) {
  const project = path.join(work, 'serverless');
  const env = { BENCH_PLUGINS: peer.modules, BENCH_PYTHON: python, BENCH_CACHE: cache, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', SLS_INTERACTIVE_SETUP_ENABLE: '' };
  return {
    name: 'serverless-python-requirements',
    command: 'serverless package',
    handler: 'app.handler',
    lay() {
      mkdirSync(project, { recursive: true });
      cpSync(path.join(import.meta.dirname, 'serverless.yml'), path.join(project, 'serverless.yml'));
      cpSync(path.join(root, `bench/handlers/${model.shape}.py`), path.join(project, 'app.py'));
      cpSync(model.requirements, path.join(project, 'requirements.txt'));
    },
    take: (file) => cpSync(file, path.join(project, 'model.joblib')),
    acts: {
      fresh() {
        for (const made of [path.join(project, '.serverless'), cache]) rmSync(made, { recursive: true, force: true });
        return watch(process.execPath, [peer.script, 'package'], { cwd: project, env });
      },
    },
    zips: async () => [path.join(project, '.serverless/bench.zip')],
  };
}
