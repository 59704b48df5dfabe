/** When how many call. Pure. */
import { isAnswered, type Series, type Timed } from './timed.ts';

export type Scenario = 'levels' | 'gaps' | 'ramp';

/** A part of a load, in which the number of users is the same or grows evenly. */
export interface Stage {
  label: string;
  /** Users at its beginning and at its end; both null where calls come at a rate. */
  from: number | null;
  users: number | null;
  /** Calls per second. */
  rate: number | null;
  seconds: number;
}

/** Minutes of a classic test for how long an idle instance is kept: the gaps are 6, 10, 15 and 30 minutes. */
export const GAP_MINUTES: readonly number[] = [0, 6, 16, 31, 61];
export const LEVEL_USERS: readonly number[] = [1, 2, 4, 8];
export const RAMP_USERS: readonly number[] = [9, 18];

/** One number of users after the other, each for as long. */
export function levels(users: readonly number[], seconds: number): Stage[] {
  return users.map((each) => ({ label: usersText(each), from: each, users: each, rate: null, seconds }));
}

/** As `levels`, but calls are sent at a rate, whether or not answers come. */
export function rates(perSecond: readonly number[], seconds: number): Stage[] {
  return perSecond.map((rate) => ({ label: `${rate}/s`, from: null, users: null, rate, seconds }));
}

/** Growing to each number of users, then staying there, each for as long. */
export function ramp(users: readonly number[], seconds: number): Stage[] {
  return users.flatMap((to, at) => [
    { label: `to ${usersText(to)}`, from: users[at - 1] ?? 0, users: to, rate: null, seconds },
    { label: usersText(to), from: to, users: to, rate: null, seconds },
  ]);
}

function usersText(count: number): string {
  return count === 1 ? '1 user' : `${count} users`;
}

/** Users that are to call at this moment; 0 after the end. At least one while it lasts. */
export function usersAt(stages: readonly Stage[], ms: number): number {
  let begun = 0;
  for (const { from, users, seconds } of stages) {
    const share = (ms - begun) / (seconds * 1000);
    if (share < 1) return Math.max(1, Math.ceil((from ?? 0) + ((users ?? 0) - (from ?? 0)) * share));
    begun += seconds * 1000;
  }
  return 0;
}

/** Milliseconds at which calls are due. */
export function arrivals(stages: readonly Stage[]): number[] {
  const due: number[] = [];
  let begun = 0;
  for (const { rate, seconds } of stages) {
    const count = Math.floor((rate ?? 0) * seconds);
    for (let at = 0; at < count; at++) due.push(begun + (at * 1000) / rate!);
    begun += seconds * 1000;
  }
  return due;
}

/** @param endMs when it was over, if before its time */
export function split(stages: readonly Stage[], calls: readonly Timed[], memory: number, endMs: number): Series[] {
  let begun = 0;
  const made: Series[] = [];
  for (const { label, users, rate, seconds } of stages) {
    const from = begun;
    const to = Math.min(begun + seconds * 1000, endMs);
    begun += seconds * 1000;
    if (to <= from) break;
    const arrived = calls.filter((each) => isAnswered(each) && each.dueMs + each.ms >= from && each.dueMs + each.ms < to).length;
    const own = calls.filter(({ dueMs }) => dueMs >= from && dueMs < to).toSorted((a, b) => a.dueMs - b.dueMs);
    made.push({ label, phase: 'load', memory, users, rate, seconds: (to - from) / 1000, arrived, calls: own });
  }
  return made;
}
