// A deploy in a process of its own, which kills itself where it is told to: `node deployer.mjs '{...}'`.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { provider } from '../../dist/providers/local/index.js';

const { local, draft, files, host, digests, killAt, killAfterMs } = JSON.parse(process.argv[2]);
const ctx = { emit() {}, signal: new AbortController().signal, env: {}, cwd: local, home: { root: local, cache: local, local } };
const die = () => process.kill(process.pid, 'SIGKILL');
const at = (moment) => moment === killAt && die();
if (killAfterMs !== undefined) setTimeout(die, killAfterMs);

async function writeTree(artifact, folder) {
  for (const [name, text] of Object.entries(files[artifact.part])) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
    at(`inside ${artifact.part}`);
  }
}

const parts = ['dependencies', 'function'].map((part) => [part, { part, digest: digests[part], size: 1, entries: [] }]);
const name = draft.function;
let done;
for (const step of provider.plan({ kind: 'release', draft }, await provider.observe(ctx, {}, name), {})) {
  done ??= { name, supplies: { bundle: { ...Object.fromEntries(parts), fetched: null }, writeTree, host: async () => host } };
  at(`before ${step.kind}`);
  if (step.kind === 'verify') {
    const { number } = done.candidate;
    await provider.invoke(ctx, {}, name, number, { method: 'GET', path: '/', headers: {}, body: null });
    done.verification = { method: 'health', compared: 0, largestDifference: null, coldMs: null, warmMs: null };
  } else if (step.kind === 'switch' && killAt === 'inside switch') {
    void provider.apply(ctx, {}, step, done);
    setTimeout(die, 5);
    await new Promise(() => undefined);
  } else done = await provider.apply(ctx, {}, step, done);
  at(`after ${step.kind}`);
}
process.stdout.write('done');
