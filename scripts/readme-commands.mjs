// Prints the commands of README.md's fenced blocks whose info string is `sh NAME`, one a line.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const wanted = `sh ${process.argv[2]}`;
const readme = readFileSync(path.join(path.dirname(import.meta.dirname), 'README.md'), 'utf8');
for (const [, info, body] of readme.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)) {
  if (info.trim() === wanted) process.stdout.write(body);
}
