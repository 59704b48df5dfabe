/** LightGBM's own files (GBDT::SaveModelToString): lines of `name=value`, a blank line, then the trees. */
import { Malformed } from '../bytes/malformed.ts';
import type { View } from '../bytes/view.ts';
import { type Draft, type OpenFile, type Reader, refuse } from '../framework/reader.ts';

const MOST_HEADER = 32 * 1024 * 1024;
const STEP = 64 * 1024;
/** Which LightGBM first wrote, and so reads, a layout (its release notes). */
const SINCE: Readonly<Record<string, string>> = { v4: '4.0.0' };

export const lightgbm: Reader = {
  recognise: (head) => /^tree\r?\nversion=/.test(head.toString('latin1')),
  begins: { format: 'lightgbm', framework: { name: 'lightgbm', version: null } },
  read,
};

async function read({ view }: OpenFile, draft: Draft): Promise<void> {
  const { lines, end } = await headerOf(view);
  const layout = lines.get('version') ?? '?';
  const objective = lines.get('objective') ?? 'none';
  draft.facts = { layout, objective };
  const since = SINCE[layout];
  if (since !== undefined) draft.atLeast = { lightgbm: since };
  const last = Number(lines.get('max_feature_idx'));
  if (!Number.isSafeInteger(last)) throw new Malformed('corrupt', 'The model does not say how many features it has.');
  const sizes = words(lines.get('tree_sizes')).map(Number);
  await assertWhole(view, end, sizes);
  const trees = sizes.length;
  draft.model = `${lines.get('boosting') ?? 'gbdt'}, ${trees} ${trees === 1 ? 'tree' : 'trees'}`;
  features(draft, last + 1, words(lines.get('feature_names')), words(lines.get('feature_infos')));
  draft.distributions = ['lightgbm', 'scikit-learn', ...(draft.inputs.some(({ type }) => type === 'category') ? ['pandas'] : [])];
  const classes = Number(lines.get('num_class') ?? 1);
  draft.classes = /^(binary|cross_entropy)\b/.test(objective) ? [0, 1] : classes > 1 && classes < 10_000 ? Array.from({ length: classes }, (_, label) => label) : null;
  draft.outputs = [{ name: draft.classes === null ? 'prediction' : 'probability', type: 'float64', shape: classes > 1 ? [null, classes] : [null] }];
}

function words(line = ''): string[] {
  return line.split(' ').filter((word) => word !== '');
}

async function headerOf(view: View): Promise<{ lines: Map<string, string>; end: number }> {
  for (let length = STEP; ; length *= 2) {
    const bytes = await view.bytes(0, Math.min(length, view.size));
    const end = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
    if (end === null) {
      if (bytes.length === view.size) throw new Malformed('truncated', 'The file ends before its first tree.', view.size);
      if (length >= MOST_HEADER) throw new Malformed('too-complex', `The head of the model is longer than ${MOST_HEADER} bytes.`);
      continue;
    }
    const lines = bytes.toString('utf8', 0, end.index).split(/\r?\n/);
    const pairs = lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)] as const);
    return { lines: new Map(pairs), end: end.index + end[0].length };
  }
}

const AFTER = 'end of trees';

/** Each tree's size stands in the head; behind the last comes a line that says so. */
async function assertWhole(view: View, start: number, sizes: readonly number[]): Promise<void> {
  const end = sizes.reduce((sum, size) => sum + size, start);
  if (!Number.isSafeInteger(end)) throw new Malformed('corrupt', 'The sizes of its trees are no numbers.');
  const after = await view.bytes(end, Math.min(AFTER.length, Math.max(view.size - end, 1)));
  if (sizes.length === 0 || after.toString('latin1') === AFTER) return assertEnded(view, end);
  throw new Malformed('corrupt', 'Its trees do not have the sizes that the head of the file names.', end, 'Copy the file again as it is: line ends count.');
}

/**
 * Behind the trees stand the parameters of the training, and then what Python adds: the levels of pandas' categories, without which
 * a model would take other columns.
 */
async function assertEnded(view: View, from: number): Promise<void> {
  const text = (await view.bytes(from, Math.min(view.size - from, MOST_HEADER))).toString('utf8');
  if (/\n(end of parameters|pandas_categorical:[^\n]*)\r?\n\s*$/.test(text)) return;
  throw new Malformed('truncated', 'The file ends in the middle of what stands behind its trees.', view.size, 'Copy or save the model again.');
}

/** A feature's range is `[low:high]`, the categories `-1:0:1`, or `none` where it has one value only. */
function features(draft: Draft, count: number, names: string[], ranges: string[]): void {
  const generic = names.every((name, index) => name === `Column_${index}`);
  draft.featureCount = count;
  draft.featureNames = generic || names.length !== count ? null : names;
  draft.inputs = draft.featureNames?.map((name, index) => ({ name, type: /^-?\d/.test(ranges[index] ?? '') ? 'category' : 'float64', shape: [null] })) ?? [{ name: 'data', type: 'float64', shape: [null, count] }];
  if (count === 0) refuse(draft, 'no-features', 'The model was fitted on no features: there is nothing to predict from.', 'Fit it on data with at least one column.');
}
