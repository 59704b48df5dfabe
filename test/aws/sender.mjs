// Sends a file in a process of its own: `node sender.mjs REQUEST.json`, {"upload", "account"}; the variables of AWS come from
// the environment. Prints what putObject gave or threw, and the largest memory of this process.
import { readFileSync } from 'node:fs';
import { putObject } from '../../src/providers/aws/storage/objects.ts';
import { openSession } from '../../src/providers/aws/session.ts';

const { upload, account } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ctx = { emit() {}, signal: new AbortController().signal, env: process.env, cwd: '/', home: {} };
const opened = await openSession(ctx, { tags: {} });
const session = Object.create(opened, {
  account: { value: async () => account },
  bucket: { value: async () => `mlfn-${account}-${opened.region}` },
});
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
try {
  print({ ...(await putObject(session, upload)), maxRssKb: process.resourceUsage().maxRSS });
} catch (error) {
  print({ code: error.code, message: error.message });
  process.exitCode = 1;
}
