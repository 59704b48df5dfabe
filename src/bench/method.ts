/** How it was measured, for whoever reads the figures. */
import type { Scenario } from './schedule.ts';

export interface How {
  target: 'local' | 'aws' | 'gcp';
  scenario: Scenario;
  warmUp: number;
  /** A call can be given a worker of its own. */
  forcesCold: boolean;
  /** Calls come at a rate. */
  open: boolean;
  speed: number;
  /** Seconds without a call after which a worker ends; of the local target. */
  idle: number;
  /** Memory sizes are compared. */
  sizes: boolean;
  /** Another release has a share of the endpoint's traffic. */
  canary: boolean;
}

const COLD = {
  local: 'cold: each call is answered by a worker that is started for it, beside those of the release, which stay as they are',
  aws: 'cold: nothing forces a start; where Lambda reports one, it is told',
  gcp: 'cold: nothing forces a start; where Cloud Run reports one, it is told',
};
const WAY = {
  local: 'a release of each size beside the live one, asked by the control API; the limit is held, and the processor is the same for all',
  aws: 'a version of each size beside the live one, asked by lambda:Invoke; more memory is more processor on Lambda',
};

export function methodOf(how: How): string[] {
  const { target, scenario, sizes, canary } = how;
  return [
    'latency: from when a call was due to the last byte of its answer, as this machine saw it; connections are kept open',
    'percentiles: nearest rank on the durations themselves; answers of 400 and above are errors, counted apart',
    ...(scenario === 'gaps' ? gaps(how) : load(how)),
    ...(sizes && target !== 'gcp' ? [`memory: ${WAY[target]}; it gets no traffic and is taken away afterwards`] : []),
    ...(canary ? ['the endpoint gives a share of the calls to a canary'] : []),
    ...(target === 'local' ? ['the caller and the workers share the processors of this machine'] : []),
  ];
}

function load({ target, warmUp, forcesCold, open }: How): string[] {
  return [
    ...(forcesCold || target !== 'local' ? [COLD[target]] : []),
    `warm: one call after the other, after ${warmUp} that are not counted`,
    open
      ? 'open loop: calls are sent at the rate, whether or not answers come, and waiting for a free connection is in their time'
      : 'closed loop: a user sends the next call when the answer is there, so while the endpoint stalls fewer calls are sent than independent clients would send, and high percentiles look better than they would be for those; --rate sends at a rate instead',
  ];
}

function gaps({ speed, forcesCold, idle, target }: How): string[] {
  if (speed === 1) return ['gaps: in real time'];
  const text = `gaps: ${speed} times as fast as the clock`;
  if (!forcesCold) return [`${text}: an instance that ${target} would have taken away meanwhile is still there, so starts are missing`];
  return [`${text}: a gap of more than ${idle} s, after which a worker of this release ends, is answered by a fresh worker, as it would be in real time`];
}
