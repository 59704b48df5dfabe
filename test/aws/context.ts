/** A folder and a home of its own, as stages that are called in process get them. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Context, Event } from '../../src/events.ts';

export interface OwnContext {
  /** Where it works. */
  folder: string;
  ctx: Context;
  /** What was told so far. */
  events: Event[];
  remove(): Promise<void>;
}

/** @param kind part of the folder's name */
export async function ownContext(kind: string): Promise<OwnContext> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `mlfn-${kind}-`));
  const root = path.join(folder, 'home');
  const home = { root, cache: path.join(root, 'cache'), local: path.join(root, 'local') };
  await Promise.all([mkdir(home.cache, { recursive: true }), mkdir(home.local, { recursive: true })]);
  const events: Event[] = [];
  const ctx: Context = { emit: (event) => void events.push(event), signal: new AbortController().signal, env: process.env, cwd: folder, home };
  return { folder, ctx, events, remove: () => rm(folder, { recursive: true, force: true }) };
}
