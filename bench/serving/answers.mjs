// Equal answers: nobody is quick with others.

/**
 * @param told `{predictions, probabilities}` of one record: a label and the chances of all classes
 * @param wanted the same, of the model itself
 * @param tolerance of chances, relative; what is next to nothing may be as far off as a thousandth
 * @throws with both, when they are not the same
 */
export function sameAnswer(told, wanted, tolerance, who) {
  const [[label], [chances = []]] = [told.predictions, told.probabilities];
  const [expected] = wanted.probabilities;
  const close = chances.length === expected.length && expected.every((value, at) => Math.abs(chances[at] - value) <= tolerance * Math.max(Math.abs(value), 1e-3));
  if (label !== wanted.predictions[0] || !close) throw new Error(`${who} answers ${JSON.stringify(told)}, the model ${JSON.stringify(wanted)}`);
}

/** Relative, of what an engine computes: ONNX does so in single precision. */
export const toleranceOf = (engine) => (engine === 'onnx' ? 1e-5 : 1e-9);
