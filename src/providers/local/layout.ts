/** Where the local target keeps what, under `home.local`. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Layout {
  root: string;
  /** `<digest>/`: an artifact unpacked once, never changed. */
  objects: string;
  /** AWS's runtime client, a folder for each Python: releases outlive the cache it came from. */
  clients: string;
  /** One file per running deploy: digests it is about to use, which are not collected. */
  leases: string;
  functions: string;
  /** `<id>/`: a running worker's process file and its own temporary folder. */
  workers: string;
  /** One file per process that is, or tries to become, the daemon. */
  claims: string;
  daemonFile: string;
  daemonLog: string;
  /** The port of the last daemon: a URL stays what it was. */
  portFile: string;
}

export function layoutOf(local: string): Layout {
  return {
    root: local,
    objects: path.join(local, 'objects'),
    clients: path.join(local, 'clients'),
    leases: path.join(local, 'leases'),
    functions: path.join(local, 'functions'),
    workers: path.join(local, 'workers'),
    claims: path.join(local, 'claims'),
    daemonFile: path.join(local, 'daemon.json'),
    daemonLog: path.join(local, 'daemon.log'),
    portFile: path.join(local, 'port.json'),
  };
}

export interface FunctionFolder {
  root: string;
  releases: string;
  liveFile: string;
  logs: string;
}

export function functionFolder(layout: Layout, name: string): FunctionFolder {
  const root = path.join(layout.functions, name);
  return { root, releases: path.join(root, 'releases'), liveFile: path.join(root, 'live.json'), logs: path.join(root, 'logs') };
}

/** Folder of the installed package: whether this runs from `src/`, from `dist/` or from one bundled file. */
function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest) && existsSync(path.join(folder, 'templates'))) return folder;
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('The folder of the mlfn package was not found.');
    folder = parent;
  }
}

export function toolsFolder(): string {
  return path.join(packageRoot(), 'templates', 'tools');
}

/** This version's daemon, run by this process's Node. */
export function daemonProgram(): { node: string; entry: string } {
  return { node: process.execPath, entry: path.join(packageRoot(), 'dist', 'providers', 'local', 'daemon', 'main.js') };
}

/** Of the package on disk now, which an upgrade may have replaced since this process started. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
