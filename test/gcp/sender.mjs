// Sends a file in a process of its own: `node sender.mjs REQUEST.json`, {"upload", "cache", "region"}; where to comes from the
// environment. Prints what putObject gave or threw, and the largest memory of this process.
import { readFileSync } from 'node:fs';
import { configSchema } from '../../src/providers/gcp/config.ts';
import { openSession } from '../../src/providers/gcp/session.ts';
import { putObject } from '../../src/providers/gcp/storage/objects.ts';

const { upload, cache, region } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ctx = { emit() {}, signal: new AbortController().signal, env: process.env, cwd: '/', home: { cache } };
const session = await openSession(ctx, { ...configSchema.parse({}), region });
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
try {
  print({ ...(await putObject(session, upload)), maxRssKb: process.resourceUsage().maxRSS });
} catch (error) {
  print({ code: error.code, message: error.message });
  process.exitCode = 1;
}
