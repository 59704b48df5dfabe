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
    meaning: 'A network has no ONNX form that answers as it does, and `--engine onnx` asked for one; or nothing tells the shape of what a TorchScript file takes.',
    mend: 'Leave --engine out, so that its own framework serves it; give TorchScript a sample, or save the network with torch.export.save.',
  },
  COMPILE_ROWS: {
    kind: 'usage',
    meaning: 'The file of rows cannot be read, or has none that the model could be given.',
    mend: 'Give a CSV file with a header, a JSON list, or JSON lines.',
  },
} as const satisfies ErrorTable;
