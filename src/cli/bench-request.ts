/** What the options of `mlfn bench` ask for. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { BenchRequest } from '../pipeline.ts';

interface Given {
  scenario: string | undefined;
  payload: string | undefined;
  users: string | undefined;
  rate: string | undefined;
  seconds: number | undefined;
  calls: number | undefined;
  cold: number | undefined;
  maxCalls: number | undefined;
  memory: string | undefined;
  speed: number | undefined;
  dryRun: boolean;
}

export function requestOf(ctx: Context, input: Given): Omit<BenchRequest, 'name' | 'target' | 'targetConfig'> {
  const { scenario = 'levels', seconds, calls, cold, maxCalls, speed, dryRun } = input;
  const users = numbers('--users', input.users, 1000);
  const rates = numbers('--rate', input.rate, 10_000);
  const memory = numbers('--memory', input.memory, 1_000_000);
  const load = { '--users': users, '--rate': rates, '--seconds': seconds, '--calls': calls, '--cold': cold };
  if (rates !== undefined && (users !== undefined || scenario === 'ramp')) {
    throw usage(`--rate and ${users === undefined ? '--scenario ramp' : '--users'} exclude each other.`, 'Leave one of them out.');
  }
  const idle = scenario === 'gaps' ? Object.entries(load).find(([, value]) => value !== undefined)?.[0] : speed === undefined ? undefined : '--speed';
  if (idle !== undefined) throw usage(`${idle} says nothing in the scenario ${scenario}.`, 'Leave it out, or choose another scenario.');
  for (const [flag, value] of Object.entries({ '--seconds': seconds, '--max-calls': maxCalls, '--speed': speed })) {
    if (value === 0) throw usage(`${flag} must be at least 1, not 0.`, `Give ${flag} a whole number from 1.`);
  }
  return { scenario: scenario as BenchRequest['scenario'], users, rates, seconds, calls, cold, most: maxCalls, memory, speed, payload: payloadOf(ctx, input.payload), dryRun };
}

function numbers(flag: string, text: string | undefined, most: number): number[] | undefined {
  if (text === undefined) return undefined;
  const found = text.split(',').map((each) => (/^\s*\d{1,9}\s*$/.test(each) ? Number(each) : Number.NaN));
  if (found.every((each) => each >= 1 && each <= most)) return found;
  throw usage(`${flag} must be whole numbers from 1 to ${most} with commas between, not ${JSON.stringify(text)}.`, `Write for example ${flag} 1,2,4.`);
}

function payloadOf(ctx: Context, file: string | undefined): BenchRequest['payload'] {
  if (file === undefined) return undefined;
  try {
    return { bytes: readFileSync(path.resolve(ctx.cwd, file)), from: path.basename(file) };
  } catch (cause) {
    throw new MlfnError('CLI_PAYLOAD', `The payload ${path.resolve(ctx.cwd, file)} cannot be read.`, { hint: 'Give --payload the path of a JSON file.', cause });
  }
}

function usage(message: string, hint: string): MlfnError {
  return new MlfnError('CLI_USAGE', message, { hint });
}

/** Before anything is measured: what cannot be written afterwards would be lost. */
export function pageOf({ cwd }: Context, file: string | undefined): string | null {
  if (file === undefined) return null;
  const page = path.resolve(cwd, file);
  const hint = 'Give --html the path of a file, in a folder that is there and can be written.';
  if (statSync(page, { throwIfNoEntry: false })?.isDirectory() === true) throw usage(`${page} is a folder.`, hint);
  try {
    accessSync(path.dirname(page), constants.W_OK);
  } catch {
    throw usage(`The page ${page} cannot be written there.`, hint);
  }
  return page;
}
