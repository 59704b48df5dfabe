/** An image as a whole, to be run under AWS's runtime emulator: unpacked by umoci, started by boxed.py in a box of bubblewrap. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { installed } from '../../../oci/programs.ts';
import { program } from '../programs.ts';
import { temporary } from '../server.ts';
import { zipOf } from '../zip.ts';
import type { ImageConfig } from './image-files.ts';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** @param source `HOST:PORT/REPOSITORY@sha256:...`. @returns a zip whose handler is `boxed.handler` */
export function boxed(source: string, { config }: ImageConfig): Buffer {
  const folder = temporary('boxed');
  folders.push(folder);
  const at = (name: string) => path.join(folder, name);
  execFileSync(installed('skopeo'), ['copy', '--insecure-policy', '--src-tls-verify=false', '--override-os', 'linux', `docker://${source}`, `oci:${at('layout')}:latest`], { stdio: 'pipe' });
  execFileSync(installed('umoci'), ['unpack', '--image', `${at('layout')}:latest`, at('bundle')], { stdio: 'pipe' });
  rmSync(at('layout'), { recursive: true });
  const root = at('bundle/rootfs');
  copyFileSync(program('runtimeEmulator'), path.join(root, 'rie'));
  const start = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const box = { root, bwrap: installed('bwrap'), folder: config.WorkingDir ?? '/', env: config.Env ?? [], start };
  return zipOf({ 'boxed.py': readFileSync(path.join(import.meta.dirname, 'boxed.py'), 'utf8'), 'box.json': JSON.stringify(box) });
}
