// The model's part alone: a forest of 300 trees, one row, by mlfn's plain evaluator and by scikit-learn.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ratios } from '../measured/statistics.mjs';
import { modelsPython } from '../models.mjs';
import { packageOf } from './package.mjs';

/** @returns microseconds of a call, by party; or why there is no such package */
export async function oneRow(model, { rounds, work, tell }) {
  const { refused, task } = packageOf(model, 'plain', 'aws', work);
  if (refused) return { refused };
  const python = await modelsPython();
  const script = path.join(import.meta.dirname, 'evaluator.py');
  const told = execFileSync(python, [script, task, model.model, model.one, String(rounds)], { env: { ...process.env, OMP_NUM_THREADS: '1' }, encoding: 'utf8' });
  rmSync(work, { recursive: true, force: true });
  tell(`${model.title}, one row`);
  return JSON.parse(told);
}

export const timesFaster = ({ plain = [], original = [] }) => ratios(original, plain);

export function oneRowTable(model, told) {
  const rows = [['mlfn, plain', told.plain, timesFaster(told)], ["scikit-learn's predict_proba", told.original, []]].map(([name, ...cells]) => ({ name, cells }));
  return { title: `${model.title}, one row, no server`, columns: [{ name: 'microseconds', digits: 0 }, { name: 'times faster', digits: 1 }], rows };
}
