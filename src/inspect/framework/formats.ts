/** What the formats that are read and not served are called, and what to do with one. */
import type { FrameworkFormat, ServedFormat } from '../../card.ts';

interface FormatText {
  /** With its article. */
  title: string;
  /** The next act: an imperative sentence. */
  instead: string;
}

export const NOT_SERVED: Readonly<Record<Exclude<FrameworkFormat, ServedFormat>, FormatText>> = {
  'torch-saved': { title: 'a file of torch.save', instead: 'Export the network with torch.export.save or torch.onnx.export.' },
  safetensors: { title: 'a safetensors file', instead: 'Write a function that loads it with safetensors, and deploy that: FILE.py:function --include WEIGHTS.' },
};
