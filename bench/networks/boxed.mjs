// An image for Lambda, started as Lambda starts it: its own Python and runtime client by AWS's emulator, with nothing else of this machine.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Unpacked for `startImage`. @param archive that `mlfn image --for lambda` wrote; it goes. @param folder that does not exist yet */
export function unpackImage({ program }, archive, folder) {
  const [layout, bundle] = ['layout', 'bundle'].map((each) => path.join(folder, each));
  mkdirSync(layout, { recursive: true });
  execFileSync('tar', ['-xf', archive, '-C', layout]);
  rmSync(archive);
  execFileSync('umoci', ['unpack', '--image', `${layout}:latest`, bundle], { stdio: 'ignore' });
  rmSync(layout, { recursive: true });
  const root = path.join(bundle, 'rootfs');
  copyFileSync(program('runtimeEmulator'), path.join(root, 'rie'));
  return { root, ...JSON.parse(readFileSync(path.join(bundle, 'config.json'), 'utf8')).process };
}

/** @param lab of bench/aws/lab.mjs. @returns `{invoke(event), stop()}` of one worker */
export async function startImage({ startServer, freePort, temporary, answers }, { root, args, env, cwd }, variables) {
  const [door, api] = [await freePort(), await freePort()];
  const all = [...env, ...Object.entries({ AWS_LAMBDA_FUNCTION_NAME: 'bench', AWS_LAMBDA_FUNCTION_VERSION: '1', ...variables }).map((each) => each.join('='))];
  const set = all.flatMap((each) => ['--setenv', each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]);
  const box = ['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--die-with-parent', '--unshare-user', '--uid', '993', '--gid', '990', '--clearenv', ...set, '--chdir', cwd];
  const emulator = ['/rie', '--runtime-interface-emulator-address', `127.0.0.1:${door}`, '--runtime-api-address', `127.0.0.1:${api}`];
  const server = await startServer({ command: 'bwrap', args: [...box, ...emulator, ...args], folder: temporary('boxed'), ready: () => answers(`http://127.0.0.1:${door}/`) });
  const invoke = async (event) => {
    const answer = await fetch(`http://127.0.0.1:${door}/2015-03-31/functions/function/invocations`, { method: 'POST', body: JSON.stringify(event) });
    return answer.json();
  };
  return { invoke, stop: server.stop };
}
