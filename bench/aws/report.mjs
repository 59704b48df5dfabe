// What was measured, as the text of a page.

export const ACTS = { first: 'first deploy', same: 'nothing changed', changed: 'model changed', back: 'rollback' };

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const range = (values, digits) => `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
const exact = (values) => (new Set(values).size === 1 ? String(values[0]) : `${median(values)} (${Math.min(...values)} to ${Math.max(...values)})`);
const grouped = (bytes) => bytes.replaceAll(/\d+/g, (digits) => digits.replaceAll(/\B(?=(\d{3})+$)/g, ','));

/** @param rows of one act: party -> one value per round. The first party is what the others are compared with. */
export function tableOf(act, rows) {
  const lines = [`| ${ACTS[act]} | rounds | seconds: median (range) | times the first: median (range) | bytes sent | calls | changing |`, '| --- | --- | --- | --- | --- | --- | --- |'];
  const [ours] = Object.values(rows);
  for (const [party, all] of Object.entries(rows)) {
    const seconds = all.map((each) => each.seconds);
    const ratios = all.map((each, round) => each.seconds / ours[round].seconds);
    const times = all === ours ? '1' : `${median(ratios).toFixed(2)} (${range(ratios, 2)})`;
    const cells = [party, all.length, `${median(seconds).toFixed(2)} (${range(seconds, 2)})`, times, grouped(exact(all.map((each) => each.sent))), exact(all.map((each) => each.calls)), exact(all.map((each) => each.changes))];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** @returns lines, and whether every aim is met */
export function aims({ changed, back }, compressed) {
  const sent = Math.max(...changed.map((each) => each.sent));
  const changes = Math.max(...back.map((each) => each.changes));
  const judged = [
    [sent <= compressed + 64 * 1024, `a changed model sends at most itself compressed (${compressed} bytes) and 64 KiB: at most ${sent} bytes, which is ${sent - compressed} more`],
    [changes === 1, `a rollback is one changing call: ${changes}`],
  ];
  return { lines: judged.map(([met, text]) => `- ${met ? 'met' : '**missed**'}: ${text}`), met: judged.every(([met]) => met) };
}

/** docs/benchmarks.md. @param measured what this run has printed */
export function pageOf(measured) {
  return `# Deploying to AWS, measured

Written by \`npm run bench:aws -- 5 --write\`, not by hand. The same model, packages, emulator and machine for all: a scikit-learn and
pandas pipeline of 4 KB (\`examples/heart-disease\`). Each round gives every party an empty account and runs it once, in turn, so that
a busy machine slows all alike: compare the ratios, which are of one round each, and not the seconds. Bytes are those of request
bodies, calls those that leave this machine; what CloudFormation then calls inside the account is not counted. After each act the
function is called, and has to give the probability of the model that should be live. Downloads are there before; locks, layouts and
builds are not.

- *first deploy*: from an empty account to an endpoint. mlfn checks the release against the model itself before it is live; SAM does not.
- *nothing changed*, *model changed*: the same command again; in between the model was trained again, with the same columns.
- *mlfn* compiles this model, proves that it answers alike, and sends no libraries; *with the libraries* is what it does for models
  that it cannot compile.
- *rollback*: to the first model. SAM has none: deployed again is the packaged template of the release before, which somebody has
  kept. CloudFormation then makes one more version of it; mlfn points the alias to the version that was there.

${measured}
`;
}
