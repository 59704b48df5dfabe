// Writes an artifact in a process of its own: `node writer.mjs zip|tree REQUEST.json`, {"artifact", "target", "umask"}.
import { readFileSync } from 'node:fs';
import { writeTree } from '../../dist/bundle/tree.js';
import { writeZip } from '../../dist/bundle/zip.js';

const { artifact, target, umask } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
if (umask !== undefined) process.umask(umask);
const ctx = { emit() {}, signal: new AbortController().signal, env: {}, cwd: '/', home: {} };
// Tells the parent that it is at work.
process.stdout.write('writing\n');
try {
  const done = await (process.argv[2] === 'zip' ? writeZip : writeTree)(ctx, artifact, target);
  process.stdout.write(`${JSON.stringify(done ?? null)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
  process.exitCode = 1;
}
