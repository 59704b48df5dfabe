/** Small packages for the tests of the lab itself, made by Python's own zip writer. */
import { execFileSync } from 'node:child_process';
import { program } from './programs.ts';

const WRITE = `
import io, json, sys, zipfile
held = io.BytesIO()
with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, text in json.load(sys.stdin).items():
        archive.writestr(name, b"\\0" * text if isinstance(text, int) else text)
sys.stdout.buffer.write(held.getvalue())
`;

/** Name -> text, or a number of zero bytes. */
export function zipOf(files: Record<string, string | number>): Buffer {
  return execFileSync(program('handlerPython'), ['-c', WRITE], { input: JSON.stringify(files), maxBuffer: 1 << 30 });
}
