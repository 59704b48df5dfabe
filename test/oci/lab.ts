/** What the tests of images share: a context, bases made by hand, and registries. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { python } from '../python.ts';
import { freePort, type Server, startServer, temporary } from '../aws/lab/server.ts';
import { type LayoutOptions, writeLayout } from './layout.ts';
import { crane, installed } from './programs.ts';

export interface Lab {
  ctx: Context;
  /** Empty, and deleted when the test is over; the current folder. */
  folder: string;
  events: Event[];
  abort(): void;
}

/** @param env in place of this process's */
export function makeLab(env: Record<string, string> = {}): Lab {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'mlfn-oci-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const stop = new AbortController();
  const root = path.join(folder, '.home');
  const events: Event[] = [];
  const ctx: Context = {
    emit: (event) => void events.push(event),
    signal: stop.signal,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
    cwd: folder,
    home: { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') },
  };
  return { ctx, folder, events, abort: () => stop.abort() };
}

const TAR = `
import io, json, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)
for name, kind, content in json.load(sys.stdin):
    info = tarfile.TarInfo(name)
    data = content.encode("latin-1")
    if kind == "file":
        info.size = len(data)
        out.addfile(info, io.BytesIO(data))
        continue
    info.type = {"symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "folder": tarfile.DIRTYPE}[kind]
    info.linkname = content
    out.addfile(info)
out.close()
`;

export type Member = [name: string, kind: 'file' | 'symlink' | 'link' | 'folder', content: string];

/** By Python's tarfile. */
function tarOf(members: Member[]): Buffer {
  return execFileSync(python, ['-I', '-c', TAR], { input: JSON.stringify(members), maxBuffer: 1 << 28 });
}

/** What a base needs to be taken for one: Python 3.13 and glibc 2.36 on Debian 12. */
export const MEMBERS: Member[] = [
  ['./etc/os-release', 'symlink', '../usr/lib/os-release'],
  ['./usr/lib/os-release', 'file', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'],
  ['./usr/bin/python3.13', 'file', '\x7fELF'],
  ['./usr/bin/python3', 'symlink', 'python3.13'],
  ['./usr/lib/python3.13/http/client.py', 'file', ''],
  ['./usr/lib/x86_64-linux-gnu/libc.so.6', 'file', '\x7fELF...GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n'],
];

/** A layout `base` below the lab's folder, of layers of these members; its name for --base. */
export function layoutOf(lab: Lab, layers: Member[][], options: LayoutOptions = {}, folder = 'base'): string {
  writeLayout(path.join(lab.folder, folder), 'latest', layers.map(tarOf), options);
  return `oci:${folder}`;
}

export interface Registry extends Server {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Of docker-registry, where it keeps what it was sent. */
  storage: string;
}

async function answering(url: string): Promise<boolean> {
  return fetch(url).then(async (response) => (await response.arrayBuffer(), response.status < 500), () => false);
}

/** go-containerregistry's, in memory. */
export async function craneRegistry(): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`;
  const folder = temporary('crane');
  const server = await startServer({ command: crane, args: ['registry', 'serve', '--address', host], folder, ready: () => answering(`http://${host}/v2/`) });
  return { ...server, host, storage: folder };
}

/** Debian's docker-registry. @param more of its configuration, as YAML; the others are parts of its sections */
export async function dockerRegistry(more = '', options: { maintenance?: string; tls?: string; storage?: string } = {}): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`;
  const folder = temporary('docker-registry');
  const { maintenance = '', tls = '', storage = path.join(folder, 'storage') } = options;
  mkdirSync(storage, { recursive: true });
  const config = path.join(folder, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: warn}\nstorage:\n  filesystem: {rootdirectory: ${storage}}\n${maintenance}http:\n  addr: ${host}\n  relativeurls: false\n${tls}${more}`,
  );
  const url = `${tls === '' ? 'http' : 'https'}://${host}/v2/`;
  const ready = tls === '' ? () => answering(url) : async () => reachable(host);
  const server = await startServer({ command: installed('docker-registry'), args: ['serve', config], folder, ready });
  return { ...server, host, storage };
}

async function reachable(host: string): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(Number(host.split(':')[1]), '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** An oracle's words. Throws when it fails. */
export function judged(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', env: { PATH: process.env['PATH'], HOME: os.tmpdir() } });
}
