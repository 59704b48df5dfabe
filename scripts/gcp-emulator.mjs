// A Google Cloud of one's own to try `--target gcp` with: node scripts/gcp-emulator.mjs. It runs until Ctrl-C and forgets everything then.
import { loadFake } from './gcp-fake.mjs';

const startGcp = await loadFake();
const gcp = await startGcp();
const word = process.platform === 'win32' ? 'set' : 'export';
console.log(`Google Cloud's fake is ready; Ctrl-C ends it. In the terminal where you use mlfn:\n`);
for (const [name, value] of Object.entries(gcp.env)) console.log(`    ${word} ${name}=${value}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void gcp.stop().then(() => process.exit()));
