/** The packages behind the engine onnx: what converts a model on this machine, and what evaluates it where it is served. */
import type { Lock, TargetNeed } from '../types.ts';

/** The newest that each Python has wheels for, of 2026-11; onnxruntime's wheels are of manylinux_2_27 and 2_28. */
const RUNTIMES: Record<string, string> = { '3.9': '1.19.2', '3.10': '1.23.2' };
const RUNTIME = '1.31.1';
const ONNX: Record<string, string> = { '3.9': '1.19.1' };
const ONNX_VERSION = '1.23.2';

/** onnxruntime and NumPy alone, the latter as the model has it: what else onnxruntime asks for only its tools import. */
export function runtimeNeeds({ python, packages }: Pick<Lock, 'python' | 'packages'>): TargetNeed[] {
  const numpy = packages.find((one) => one.name === 'numpy');
  const own = packages.find((one) => one.name === 'onnxruntime');
  return [{ ...runtime(python), ...(own === undefined ? {} : { version: own.version }) }, ...(numpy === undefined ? [] : [{ name: 'numpy', version: numpy.version, accepts: '>=1.21.6' }])].map((need) => ({ ...need, alone: true }));
}

/** Beside the model's own packages. The same onnxruntime proves the graph as serves it. */
export function converterNeeds({ python }: Pick<Lock, 'python'>): TargetNeed[] {
  return [
    { name: 'skl2onnx', version: '1.20.0', accepts: '>=1.17' },
    { name: 'onnx', version: ONNX[python] ?? ONNX_VERSION, accepts: '>=1.16' },
    runtime(python),
  ];
}

function runtime(python: string): TargetNeed {
  return { name: 'onnxruntime', version: RUNTIMES[python] ?? RUNTIME, accepts: '>=1.17' };
}
