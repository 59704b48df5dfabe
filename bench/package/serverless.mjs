// Serverless Framework 3 with serverless-python-requirements: `serverless package`.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(path.dirname(import.meta.dirname));
/** In the plugin's cache, where pip's downloads lie; what else is there are installed requirements. */
const DOWNLOADS = 'downloadCacheslspyc';

/** @param cache folder of the plugin's, shared by all models */
export function serverless({ work, watch, model, peer, python, cache }) {
  const project = path.join(work, 'serverless');
  const env = { BENCH_PLUGINS: peer.modules, BENCH_PYTHON: python, BENCH_CACHE: cache, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', SLS_INTERACTIVE_SETUP_ENABLE: '' };
  const pack = () => watch(process.execPath, [peer.script, 'package'], { cwd: project, env });
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
        rmSync(path.join(project, '.serverless'), { recursive: true, force: true });
        const installed = existsSync(cache) ? readdirSync(cache).filter((each) => each !== DOWNLOADS) : [];
        for (const each of installed) rmSync(path.join(cache, each), { recursive: true, force: true });
        return pack();
      },
      same: pack,
      changed: pack,
    },
    zips: async () => [path.join(project, '.serverless/bench.zip')],
  };
}
