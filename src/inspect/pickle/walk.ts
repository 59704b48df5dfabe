/** One file's pickle, from its first byte to its last: every name in it, its shape, and what is wrong with it. */
import { judge } from '../allow/judge.ts';
import { Malformed } from '../bytes/malformed.ts';
import type { ByteWindow } from '../bytes/window.ts';
import type { Finding } from '../../types.ts';
import { Budget, GLOBAL_LIMIT } from './budget.ts';
import { Machine, type Walk } from './machine.ts';
import { OpcodeReader } from './reader.ts';
import { Demand } from './sizes.ts';
import { Global, type Value } from './values.ts';

export interface Walked {
  /** Shape of the object; undefined when the pickle could not be followed to its end. */
  root: Value;
  /** In order of appearance, each (module, name) once. */
  globals: Global[];
  findings: Finding[];
  protocol: number;
  /** Array bytes lie between the opcodes: only joblib can load it. */
  arrays: boolean;
  /** They are padded, as joblib does since 1.2. */
  padded: boolean;
}

/** Never throws for what the bytes are; errors of the disk and an abort pass through. */
export async function walkPickle(window: ByteWindow): Promise<Walked> {
  const names = new Names();
  const walk: Walk = {
    reader: new OpcodeReader(window),
    budget: new Budget(),
    demand: new Demand(),
    protocol: 0,
    arrays: false,
    padded: false,
    global: (module, name, offset, protocol) => names.find(module, name, offset, protocol),
    nested: () => new Machine(walk, true).run(),
  };
  const findings: Finding[] = [];
  let root: Value;
  try {
    root = await new Machine(walk, false).run();
    if (await window.ensure(1)) {
      throw new Malformed('trailing-data', 'Something follows the end of the pickle.', window.offset, 'Save the model again, alone in its file.');
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    findings.push(error.finding);
  }
  return { root, globals: names.all, findings, protocol: walk.protocol, arrays: walk.arrays, padded: walk.padded };
}

class Names {
  readonly all: Global[] = [];
  readonly #known = new Map<string, Global>();

  find(module: string, name: string, offset: number, protocol: number): Global {
    // Protocols 0 to 2 map the names of Python 2, so the same name can mean two things in one file.
    const key = `${protocol < 3 ? 2 : 3}\n${module}\n${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= GLOBAL_LIMIT) throw new Malformed('too-complex', `More than ${GLOBAL_LIMIT} classes are named.`, offset);
    const found = new Global(module, name, offset, judge(module, name, protocol));
    this.#known.set(key, found);
    this.all.push(found);
    return found;
  }
}
