import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Context } from '../../src/events.ts';
import { MlfnError } from '../../src/errors.ts';
import { inspect } from '../../src/inspect/index.ts';
import type { Card, ModelFileCard } from '../../src/card.ts';

function context(cwd: string): Context {
  const home = path.join(cwd, 'home');
  return { emit: () => {}, signal: new AbortController().signal, env: {}, cwd, home: { root: home, cache: home, local: home } };
}

/** A folder of its own for one test file. */
export class Folder {
  readonly path = mkdtempSync(path.join(os.tmpdir(), 'mlfn-inspect-'));

  write(name: string, content: Uint8Array | string): string {
    const file = path.join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  inspect(name: string, options: { code?: string } = {}): Promise<Card> {
    return inspect(context(this.path), name, options);
  }

  /** The card of these bytes, or the error that they are no model. */
  async card(bytes: Uint8Array): Promise<ModelFileCard | MlfnError> {
    this.write('model.bin', bytes);
    try {
      return (await this.inspect('model.bin')) as ModelFileCard;
    } catch (error) {
      if (error instanceof MlfnError) return error;
      throw error;
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
