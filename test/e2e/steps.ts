/** Signals at the steps of a command: see at-step.mjs. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Lab } from './lab.ts';

const PRELOAD = `--import=${pathToFileURL(path.join(import.meta.dirname, 'at-step.mjs')).href}`;

/** What a command does, one line per step (`rename /tmp/...`): it is run once, and must end well. */
export async function stepsOf(lab: Lab, args: string[]): Promise<string[]> {
  const file = path.join(lab.folder, 'steps.txt');
  const ran = await lab.mlfn(args, { env: { NODE_OPTIONS: PRELOAD, MLFN_STEP_LIST: file } });
  expect(ran.code, ran.stderr).toBe(0);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  rmSync(file);
  return lines.map((line) => line.replace(/^\d+ /, ''));
}

/** Variables with which a command gets the signal just before its step of that number. */
export function withSignal(step: number, signal: NodeJS.Signals): Record<string, string> {
  return { NODE_OPTIONS: PRELOAD, MLFN_STEP: String(step), MLFN_STEP_SIGNAL: signal };
}
