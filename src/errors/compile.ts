import type { ErrorTable } from './table.ts';

export const COMPILE_ERRORS = {
  COMPILE_REFUSED: {
    kind: 'model',
    meaning: 'The engine that was asked for by name cannot serve this model, or would answer differently.',
    mend: 'Leave --engine out, or give `--engine native`.',
  },
  COMPILE_UNOPENED: {
    kind: 'model',
    meaning: 'The library that would serve the model does not take the file, or answers otherwise through the serving code.',
    mend: 'Export the model again, for what that library knows; or name another version of it in a requirements.txt beside the model.',
  },
  COMPILE_NETWORK: {
    kind: 'model',
    meaning: 'A network of Keras, TensorFlow or PyTorch could not be converted to an ONNX model that answers as it does.',
    mend: 'Export it to ONNX by hand, or deploy a function that loads it.',
  },
  COMPILE_ROWS: {
    kind: 'usage',
    meaning: 'The file of rows cannot be read, or has none that the model could be given.',
    mend: 'Give a CSV file with a header, a JSON list, or JSON lines.',
  },
} as const satisfies ErrorTable;
