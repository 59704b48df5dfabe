// The model of the measurements, and the same trained again: other bytes, another answer.
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';

const TRAIN = `
import joblib, json, pandas, sys
first, second, payload = sys.argv[1:]
frame = pandas.DataFrame([json.load(open(payload))])
model = joblib.load(first)
before = model.predict_proba(frame)[0][1]
model[-1].intercept_ -= 9.0
joblib.dump(model, second)
print(json.dumps([before, model.predict_proba(frame)[0][1]]))
`;

/** @returns two files, and the probability that each gives for the payload */
export function twoModels(python, example, work) {
  const [first, second] = ['first.joblib', 'second.joblib'].map((file) => path.join(work, file));
  copyFileSync(path.join(example, 'model.joblib'), first);
  const printed = execFileSync(python, ['-c', TRAIN, first, second, path.join(example, 'payload.json')], { encoding: 'utf8' });
  const [before, after] = JSON.parse(printed);
  return { first: { file: first, answer: before }, second: { file: second, answer: after } };
}
