// Equal answers: nobody is quick with others.

/**
 * @param told chances of the classes, in their order
 * @param tolerance relative; what is next to nothing may be as far off as a thousandth
 * @throws with both, when they are not the same
 */
export function sameChances(told, wanted, tolerance, who) {
  const same = told?.length === wanted.length && wanted.every((value, at) => Math.abs(told[at] - value) <= tolerance * Math.max(Math.abs(value), 1e-3));
  if (!same) throw new Error(`${who} answers ${JSON.stringify(told)}, the model ${JSON.stringify(wanted)}`);
}

/** Relative, of what an engine computes: ONNX does so in single precision. */
export const toleranceOf = (engine) => (engine === 'onnx' ? 1e-5 : 1e-9);
