// What a package weighs, and whether it answers as the model does: a fast one that does not run does not win.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: unzipped, layers included. */
export const LIMIT = 250 * 2 ** 20;
const LISTED = `
import json, sys, zipfile
files = [each for file in sys.argv[1:] for each in zipfile.ZipFile(file).infolist()]
names = [each.filename for each in files]
runtime = any(name.startswith("onnxruntime/") for name in names)
engine = ("onnx" if runtime else "plain") if "model/model.mlfn" in names else "native"
print(json.dumps({"unzipped": sum(each.file_size for each in files), "engine": engine}))
`;
/** ONNX counts in single precision; libraries of linear algebra round by the machine. */
const CLOSE = 1e-5;

/** @returns bytes of the zips, and of what is in them; which of mlfn's engines it is for */
export function weigh(python, zips) {
  const zipped = zips.reduce((sum, file) => sum + statSync(file).size, 0);
  return { zipped, ...JSON.parse(execFileSync(python, ['-c', LISTED, ...zips], { encoding: 'utf8' })) };
}

/**
 * Unpacks a package and posts both bodies to its handler, in a Python that sees nothing else.
 * @param wanted `{one, batch}` as the model answers itself
 * @returns what is wrong, or null
 */
export function faultOf(python, { handler, zips, model, wanted }) {
  const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-check-'));
  try {
    const script = path.join(import.meta.dirname, 'check.py');
    const told = execFileSync(python, ['-I', '-S', script, work, handler, model.one, model.batch, ...zips], { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: 'pipe' });
    const [one, batch] = JSON.parse(told.trim().split('\n').at(-1));
    return differs(one, wanted.one) || differs(batch, wanted.batch) ? 'answers otherwise' : null;
  } catch (error) {
    return String(error.stderr ?? error).trim().split('\n').at(-1);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Labels are equal, and chances close. */
function differs(answer, wanted) {
  const [found, expected] = [answer, wanted].map(({ probabilities }) => probabilities.flat());
  if (String(answer.predictions) !== String(wanted.predictions) || found.length !== expected.length) return true;
  return found.some((value, index) => !(Math.abs(value - expected[index]) <= CLOSE));
}
