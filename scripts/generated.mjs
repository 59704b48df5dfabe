import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);

/** Writes a generated file; under --check compares instead, and exits 1 when it is not current. */
export function writeOrCheck(file, text) {
  const whole = path.join(root, file);
  if (!process.argv.includes('--check')) {
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return;
  }
  if (readFileSync(whole, 'utf8').replaceAll('\r\n', '\n') === text) return;
  console.error(`${file} is not current. Run: npm run generate (generate:engines, generate:models)`);
  process.exitCode = 1;
}
