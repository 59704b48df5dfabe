/** safetensors (github.com/huggingface/safetensors, Format): the length of a JSON head, the head, the numbers. */
import { Malformed } from '../bytes/malformed.ts';
import { isObject, type Json, memberOf, parseConfig } from '../framework/json.ts';
import type { Draft, OpenFile, Reader } from '../framework/reader.ts';

/** As the library itself holds it (MAX_HEADER_SIZE), but for what is held at once here. */
const MOST_HEAD = 64 * 1024 * 1024;

export const safetensors: Reader = {
  recognise: (head) => head.length > 9 && head[8] === 0x7b && head.readUInt32LE(4) === 0 && head.readUInt32LE(0) <= 100_000_000,
  begins: { format: 'safetensors', framework: { name: 'safetensors', version: null } },
  read,
};

async function read({ view, size }: OpenFile, draft: Draft): Promise<void> {
  const length = (await view.bytes(0, 8)).readUInt32LE(0);
  if (length > MOST_HEAD) throw new Malformed('too-complex', `Its head has ${length} bytes, more than any model needs there.`, 0);
  const head = parseConfig((await view.bytes(8, length)).toString('utf8'), 'The head of the file');
  const tensors = Object.entries(head).filter(([name]) => name !== '__metadata__');
  let numbers = 0;
  let end = 0;
  for (const [name, tensor] of tensors) {
    const last = endOf(name, tensor);
    end = Math.max(end, last);
    const shape = memberOf(tensor, 'shape');
    numbers += (Array.isArray(shape) ? shape : []).reduce<number>((product, each) => product * Number(each), 1);
  }
  if (8 + length + end !== size) throw new Malformed('truncated', `The file has ${size} bytes; its head tells of ${8 + length + end}.`, size);
  const format = memberOf(memberOf(head, '__metadata__'), 'format');
  if (typeof format === 'string') draft.facts['written for'] = format;
  draft.model = `${tensors.length} tensors, ${numbers} numbers`;
  draft.findings.push({
    severity: 'error',
    code: 'no-estimator',
    message: 'The file holds weights and not the network that they belong to.',
    hint: 'Write a function that builds the network and loads these weights from beside its file, and deploy that: FILE.py:function --include WEIGHTS.',
  });
}

function endOf(name: string, tensor: Json): number {
  const offsets = isObject(tensor) ? memberOf(tensor, 'data_offsets') : undefined;
  const [from, to] = Array.isArray(offsets) ? offsets : [];
  if (typeof from === 'number' && typeof to === 'number' && Number.isSafeInteger(to) && from >= 0 && from <= to) return to;
  throw new Malformed('corrupt', `The tensor ${JSON.stringify(name.slice(0, 100))} does not say where its numbers are.`);
}
