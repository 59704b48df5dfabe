/**
 * Frameworks of networks, installed once by mlfn's own code into .nets-lab of the repository (TensorFlow 1.7 GB, PyTorch 4 GB, most
 * of it links into uv's cache), and a Python that asks them.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { networkTools } from '../../src/compile/index.ts';
import type { Context } from '../../src/events.ts';
import type { NetworkFormat } from '../../src/types.ts';
import { inspect, isNetwork } from '../../src/inspect/index.ts';
import { frameworkLock, hostOf } from '../../src/pipeline/host.ts';
import { layTools } from '../../src/pipeline/network.ts';
import { provider as local } from '../../src/providers/local/index.ts';
import { Lab } from '../e2e/lab.ts';
import { linkTree } from '../e2e/warm.ts';

const root = path.join(import.meta.dirname, '../..');
const home = path.join(root, '.nets-lab');
const cache = path.join(home, 'cache');

export interface Tools {
  interpreter: string;
  dependencies: string;
}

function context(): Context {
  return { emit: () => undefined, signal: new AbortController().signal, env: process.env, cwd: root, home: { root: home, cache, local: path.join(home, 'local') } };
}

export async function toolsFor(format: NetworkFormat): Promise<Tools> {
  const ctx = context();
  const { lock, dependencies } = await layTools(ctx, networkTools(format));
  return { interpreter: lock.interpreter, dependencies };
}

/** Lays down what serves such a network natively on this machine. */
export async function layNative(file: string): Promise<void> {
  const ctx = context();
  const card = await inspect(ctx, file, {});
  if (!isNetwork(card)) throw new Error(`${file} is no network`);
  await hostOf(ctx, card, await frameworkLock(ctx, card, local.platform({}), {}));
}

export interface Native {
  name: string;
  platform: string;
  inputs: { name: string; shape: (number | null)[] }[];
  /** Numbers. */
  compared: number;
  largest: number;
}

/** Networks of a folder as the serving code asks them by their own framework, against the framework itself. */
export async function askNative({ interpreter, dependencies }: Tools, folder: string, names: string[]): Promise<Native[]> {
  const env = { ...process.env, PYTHONPATH: dependencies, OMP_NUM_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' };
  const { stdout } = await promisify(execFile)(interpreter, ['-B', path.join(import.meta.dirname, 'ask_native.py'), folder, ...names], { env, cwd: folder, maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Native[];
}

export interface Row {
  name: string;
  /** Null where it was converted. */
  reason: string | null;
  missing: boolean;
  proof: { probes: number; refused: number; rounded: number; largestDifference: number };
  inputs: { name: string; type: string; shape: (number | string)[] }[];
  outputs: { name: string; type: string; shape: (number | string)[] }[];
}

/** Runs a script of this folder that makes networks in `folder`, and converts all of them. */
export async function convertAll({ interpreter, dependencies }: Tools, script: string, folder: string): Promise<Row[]> {
  const run = promisify(execFile);
  const env = { ...process.env, PYTHONPATH: dependencies, OMP_NUM_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' };
  mkdirSync(folder, { recursive: true });
  await run(interpreter, ['-B', path.join(import.meta.dirname, script), folder], { env, cwd: folder });
  const { stdout } = await run(interpreter, ['-B', path.join(import.meta.dirname, 'convert_all.py'), folder], { env, cwd: folder, maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Row[];
}

/** A lab of the command line whose tools are those of `toolsFor`: what was converted before is not there. */
export async function netsLab(): Promise<Lab> {
  const lab = await Lab.open({ engine: 'auto' });
  const own = path.join(lab.home, 'cache');
  mkdirSync(own, { recursive: true });
  for (const name of ['uv', 'locks', 'wheels']) if (existsSync(path.join(cache, name))) linkTree(path.join(cache, name), path.join(own, name));
  mkdirSync(path.join(own, 'dependencies'), { recursive: true });
  for (const name of readdirSync(path.join(cache, 'dependencies'))) symlinkSync(path.join(cache, 'dependencies', name), path.join(own, 'dependencies', name));
  return lab;
}
