// Writes an artifact in a process of its own: `node writer.mjs zip|tree|archive REQUEST.json`, {"artifact", "target", "umask"}.
import { readFileSync } from 'node:fs';
import { writeArchive } from '../../src/bundle/archive.ts';
import { writeTree } from '../../src/bundle/tree.ts';
import { writeZip } from '../../src/bundle/zip.ts';

const { artifact, target, umask } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
if (umask !== undefined) process.umask(umask);
const ctx = { emit() {}, signal: new AbortController().signal, env: {}, cwd: '/', home: {} };
// Tells the parent that it is at work.
process.stdout.write('writing\n');
try {
  const writers = { zip: writeZip, tree: writeTree, archive: (...[, of]) => writeArchive(ctx, [{ artifact: of, prefix: '' }], target) };
  const done = await writers[process.argv[2]](ctx, artifact, target);
  process.stdout.write(`${JSON.stringify({ ...done, maxRssKb: process.resourceUsage().maxRSS })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
  process.exitCode = 1;
}
