/** moto: a second opinion on the control plane. It keeps all in memory, and an invocation only echoes. README.md compares. */
import { awsEnv, type Lab } from './credentials.ts';
import { labPackages, program } from './programs.ts';
import { answers, freePort, startServer, temporary } from './server.ts';

const MAIN = 'import runpy, site, sys; site.addsitedir(sys.argv.pop(1)); runpy.run_module("moto.server", run_name="__main__")';

/** Ready in about two seconds. */
export async function startMoto(): Promise<Lab> {
  const folder = temporary('moto');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServer({
    command: program('labPython'),
    args: ['-I', '-c', MAIN, labPackages(), '-H', '127.0.0.1', '-p', String(port)],
    folder,
    env: { MOTO_ACCOUNT_ID: '123456789012' },
    ready: () => answers(`${endpoint}/moto-api/`),
  });
  try {
    // Its own way of invoking needs a Docker engine.
    const settings = await fetch(`${endpoint}/moto-api/config`, { method: 'POST', body: JSON.stringify({ lambda: { use_docker: false } }) });
    if (!settings.ok) throw new Error(`moto refused its settings: ${settings.status}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { endpoint, env: awsEnv(endpoint), stop: server.stop };
}
