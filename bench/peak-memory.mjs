// Preloaded into a Node process: at its end, writes its peak resident memory (bytes) to the file PEAK_MEMORY names.
import { appendFileSync } from 'node:fs';

const file = process.env.PEAK_MEMORY;
process.on('exit', () => appendFileSync(file, `${process.resourceUsage().maxRSS * 1024}\n`));
