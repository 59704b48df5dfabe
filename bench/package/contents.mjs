// What a package weighs, and whether it answers as the model does: a fast one that does not run does not win.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: unzipped, layers included. */
export const LIMIT = 250 * 2 ** 20;
const UNZIPPED = 'import sys, zipfile\nprint(sum(each.file_size for file in sys.argv[1:] for each in zipfile.ZipFile(file).infolist()))';
/** Libraries of linear algebra round by the machine. */
const CLOSE = 1e-9;

/** @returns bytes of the zips, and of what is in them */
export function weigh(python, zips) {
  const zipped = zips.reduce((sum, file) => sum + statSync(file).size, 0);
  return { zipped, unzipped: Number(execFileSync(python, ['-c', UNZIPPED, ...zips], { encoding: 'utf8' })) };
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

const numbers = ({ predictions, probabilities }) => [...predictions, ...probabilities.flat()];

function differs(answer, wanted) {
  const [found, expected] = [numbers(answer), numbers(wanted)];
  return found.length !== expected.length || found.some((value, index) => !(Math.abs(value - expected[index]) <= CLOSE));
}
