/** The measuring of an endpoint: schedules, percentiles, prices, reports. Knows no target: it is given what to call. */
export { atMinutes, byRate, byUsers, type Driven, inTurn } from './drive.ts';
export { htmlOf } from './html/index.ts';
export { methodOf } from './method.ts';
export { predictionsIn } from './predictions.ts';
export { callPrice, type Costed, costOf, type Platform, roundedUp } from './prices.ts';
export { type Measured, type Report, reportOf, type Summary } from './report.ts';
export { GAP_MINUTES, LEVEL_USERS, levels, ramp, RAMP_USERS, rates, type Scenario, split, type Stage } from './schedule.ts';
export { type Series, type Timed, timedOf } from './timed.ts';
