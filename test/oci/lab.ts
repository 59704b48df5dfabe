/** What the tests of images share: a context, bases made by hand, and registries. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context, Event } from '../../src/events.ts';
import { freePort, type Server, startServer, temporary } from '../aws/lab/server.ts';
import { type LayoutOptions, writeLayout } from './layout.ts';
import { crane, installed, referring } from './programs.ts';
import { type Member, tarOf } from './small-base.ts';

export { type Member, MEMBERS } from './small-base.ts';

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

/** The same, with a list of what refers to an image. */
export async function referringRegistry(): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`;
  const folder = temporary('referring');
  const server = await startServer({ command: referring, args: [host], folder, ready: () => answering(`http://${host}/v2/`) });
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
