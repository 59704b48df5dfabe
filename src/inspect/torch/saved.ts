/** What torch.save wrote: weights without their network, or objects that run code as they are loaded. */
import { type Draft, type OpenFile, type Reader, refuse } from '../framework/reader.ts';
import { namesIn, namesInOldFile, objectsAmong } from './names.ts';
import type { ArchiveReader } from '../framework/reader.ts';
import { memberAt } from './member.ts';

const EXPORT = "Export the network with its weights: torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2'), or torch.onnx.export.";
const begins = { format: 'torch-saved', framework: { name: 'torch', version: null } } as const;

export const torchSaved: ArchiveReader = {
  recognise: (names) => memberAt(names, 'data.pkl') !== null,
  begins,
  async read(archive, draft, signal) {
    judge(await namesIn(await archive.read(memberAt(archive.names, 'data.pkl') ?? ''), signal), draft);
  },
};

/** The number that opened every file before torch 1.6, as a pickle of its own. */
const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

export const torchOld: Reader = {
  recognise: (head) => head.subarray(0, MAGIC.length).equals(MAGIC),
  begins,
  read: async (model: OpenFile, draft: Draft) => judge(await namesInOldFile(model), draft),
};

function judge(names: ReadonlySet<string>, draft: Draft): void {
  const objects = objectsAmong(names);
  if (objects.length > 0) {
    const shown = objects.slice(0, 5).join(', ') + (objects.length > 5 ? ` and ${objects.length - 5} more` : '');
    draft.model = 'objects of Python';
    refuse(draft, 'executes-code', `It is a pickle of objects, which run code as they are loaded: ${shown}.`, EXPORT);
    return;
  }
  draft.model = 'weights';
  draft.findings.push({ severity: 'error', code: 'no-estimator', message: 'The file holds weights (a state dict) and not the network that they belong to.', hint: EXPORT });
}
