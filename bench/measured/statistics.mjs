// Of the samples of a figure, one a round.

export function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What one party takes of another, round by round: a busy machine slows both. Rounds that only one of them took part in are left out. */
export function ratios(samples, others) {
  return samples.slice(0, others.length).map((each, round) => each / others[round]);
}

/** `1.23 (1.20 to 1.40)`; the value alone where all are the same. */
export function spread(samples, digits) {
  const text = (value) => grouped(value.toFixed(digits));
  const [least, most] = [Math.min(...samples), Math.max(...samples)].map(text);
  return least === most ? least : `${text(median(samples))} (${least} to ${most})`;
}

function grouped(number) {
  const [whole, ...fraction] = number.split('.');
  return [whole.replaceAll(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}
