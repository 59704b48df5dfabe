/** What the pickles of a PyTorch file name: enough to tell weights from objects. Such a file is never loaded as it is. */
import { fileSource } from '../bytes/file-source.ts';
import { chunkSource } from '../bytes/chunk-source.ts';
import { Malformed } from '../bytes/malformed.ts';
import { ByteWindow } from '../bytes/window.ts';
import type { OpenFile } from '../framework/reader.ts';
import { NAMES } from '../pickle/opcodes.ts';
import { OpcodeReader } from '../pickle/reader.ts';

const MOST_NAMES = 10_000;
/** What torch.save writes of tensors and of numbers among them (torch/_weights_only_unpickler.py). */
const WEIGHTS =
  /^(collections\.(OrderedDict|Counter|defaultdict)|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_\w+|torch\.nn\.parameter\.(Parameter|Buffer)|torch\.nn\.parameter\._rebuild\w*|torch\.(\w*Storage|Size|device|Tensor|serialization\._get_layout|storage\.\w+|[a-z]\w*\d+|float|double|half|long|int|short|bool)|_codecs\.encode|numpy\.(_core|core)\.multiarray\.(scalar|_reconstruct)|numpy\.(dtype|ndarray))$/;

/** Names that are not of tensors: of the objects that loading would make. */
export function objectsAmong(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !WEIGHTS.test(name));
}

/** Of the one pickle in these bytes. @throws Malformed */
export async function namesIn(bytes: Buffer, signal: AbortSignal): Promise<Set<string>> {
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield bytes;
  };
  return collect(new ByteWindow(chunkSource(whole(), signal)), 1);
}

/** Of a file of before torch 1.6: a number, a version, sizes, and then the object. @throws Malformed */
export async function namesInOldFile({ file, size, signal }: OpenFile): Promise<Set<string>> {
  return collect(new ByteWindow(fileSource(file, size, signal)), 4);
}

async function collect(window: ByteWindow, pickles: number): Promise<Set<string>> {
  const reader = new OpcodeReader(window);
  const names = new Set<string>();
  let texts: (string | undefined)[] = [];
  for (let left = pickles; left > 0; ) {
    if (!(await reader.advance())) throw new Malformed('truncated', 'The file ends before its pickle does.', window.offset);
    const opcode = NAMES[reader.code] ?? '';
    if (opcode === 'STOP') left -= 1;
    else if (opcode === 'GLOBAL' || opcode === 'INST') names.add((reader.arg as readonly string[]).join('.'));
    // What it takes may have come from the memo: then it is no name that is known.
    else if (opcode === 'STACK_GLOBAL') names.add(texts.length === 2 ? texts.join('.') : 'a name that is put together');
    else if (/UNICODE|STRING/.test(opcode)) texts = [...texts, reader.arg as string | undefined].slice(-2);
    else if (opcode !== 'MEMOIZE' && !opcode.includes('PUT')) texts = [];
    if (names.size > MOST_NAMES) throw new Malformed('too-complex', `More than ${MOST_NAMES} classes are named.`, reader.offset);
  }
  return names;
}
