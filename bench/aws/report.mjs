// The deploys that were measured, as tables and aims of a part (bench/measured/record.mjs). The first party is what the others are
// compared with.
import { ratios } from '../measured/statistics.mjs';

export const ACTS = { first: 'first deploy', same: 'nothing changed', changed: 'model changed', back: 'rollback' };
const COLUMNS = [{ name: 'seconds' }, { name: 'times the first' }, { name: 'bytes sent', digits: 0 }, { name: 'calls', digits: 0 }, { name: 'changing', digits: 0 }];

const of = (all, what) => all.map((each) => each[what]);

/** @param rows of one act: party -> `{seconds, sent, calls, changes}` a round */
export function tableOf(act, rows) {
  const [ours] = Object.values(rows);
  return {
    title: ACTS[act], columns: COLUMNS,
    rows: Object.entries(rows).map(([name, all]) => {
      const times = all === ours ? '1' : ratios(of(all, 'seconds'), of(ours, 'seconds'));
      return { name, cells: [of(all, 'seconds'), times, ...['sent', 'calls', 'changes'].map((what) => of(all, what))] };
    }),
  };
}

/** @param compressed bytes of the changed model */
export function aims({ changed, back }, compressed) {
  const why = `the model compressed is ${compressed}`;
  return [
    { aim: 'bytes that a changed model sends more than itself compressed', values: [Math.max(...changed.map(({ sent }) => sent)) - compressed], most: 64 * 1024, digits: 0, why },
    { aim: 'changing calls of a rollback', values: [Math.max(...back.map(({ changes }) => changes))], most: 1, digits: 0 },
  ];
}
