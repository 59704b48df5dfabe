// What an image of a model takes, made and pushed to a registry on this machine, every download there before: mlfn; tar and crane append
// by hand; buildah. Paired: each round runs every party once, in turn, against a registry that holds the base alone.
//
//   npm run bench:image [-- ROUNDS] [--without buildah]
//
// Needs what the image tests need (scripts/oci-lab.mjs), and buildah. Ends with 1 when an aim is missed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lab } from './aws/lab.mjs';
import { buildah, craneAppend, mlfn } from './image/parties.mjs';
import { crane, startRegistry } from './image/registry.mjs';
import { begin, wordsOf } from './measured/record.mjs';
import { ratios } from './measured/statistics.mjs';
import { benchModels, modelsPython } from './models.mjs';
import { versionOf } from './package/peers.mjs';
import { watcher } from './package/run.mjs';

const ACTS = ['first', 'same', 'changed'];
const { rounds, values } = wordsOf({ options: { without: { type: 'string', default: '' } } });
const without = values.without.split(',');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-image-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const python = await modelsPython();
const [model] = await benchModels(['logistic']);
const servers = await lab(work, ['server']);
const uv = path.join(path.dirname(python), process.platform === 'win32' ? 'uv.exe' : 'uv');
const common = { work, home: path.join(work, 'home'), watch: watcher(python, work), model, uv };
const hasBuildah = !without.includes('buildah') && spawnSync('buildah', ['--version']).status === 0;
const parties = [mlfn(common), mlfn({ ...common, engine: 'native' }), craneAppend(common), ...(hasBuildah ? [buildah(common)] : [])];
const samples = Object.fromEntries(parties.map(({ name }) => [name, Object.fromEntries(ACTS.map((act) => [act, []]))]));

/** One party's acts against a registry of its own. `bytes`: what the registry holds more than before. */
async function takesPart(party) {
  const registry = await startRegistry(servers, work);
  try {
    party.forget();
    for (const act of ACTS) {
      party.take(act === 'changed' ? model.again : model.model);
      const before = registry.bytes();
      const { seconds } = await party.acts[act](registry.host);
      execFileSync(crane, ['validate', '--insecure', '--remote', `${registry.host}/${party.repository}:latest`], { stdio: 'pipe' });
      samples[party.name][act].push({ seconds, bytes: registry.bytes() - before });
    }
  } finally {
    await registry.stop();
  }
}

const record = begin('image', parties.length * (rounds + 1));
for (let round = -1; round < rounds; round++) {
  for (const party of parties) {
    if (round < 0) party.lay(); // the round that fetches what there is to fetch
    await takesPart(party);
    if (round < 0) for (const act of ACTS) samples[party.name][act].pop();
    const told = round < 0 ? 'before' : ACTS.map((act) => `${act} ${samples[party.name][act].at(-1).seconds.toFixed(2)} s`).join(', ');
    record.tell(`${round < 0 ? '' : `round ${round + 1}, `}${party.name}: ${told}`);
  }
}

const of = (name, act, key) => samples[name][act].map((each) => each[key]);
const NATIVE = 'mlfn, native';
const peers = parties.slice(2).map(({ name }) => name);
const met = record.keep({
  title: 'Images',
  text: [
    `The logistic pipeline as a container image on Debian 13 with Python 3.13, made and pushed to a registry on this machine (Debian's docker-registry), which has the base. Every download is there before. **mlfn** is the default: it compiles the model and proves that the compiled form answers alike, which is part of *first*; *native* is the model with its own libraries, as the others pack it. *First*: nothing of it was made or sent before. Bytes are what the registry holds more afterwards. Each image was looked over by \`crane validate\`.`,
  ],
  facts: parties.map(({ name, command }) => `${name}: \`${command}\``),
  versions: {
    crane: versionOf(crane, ['version'], /(\S+)/), uv: versionOf(uv, ['--version'], /uv (\S+)/),
    ...(hasBuildah && { buildah: versionOf('buildah', ['--version'], /version (\S+)/) }),
  },
  tables: ACTS.map((act) => ({
    title: { first: 'first', same: 'nothing changed', changed: 'model changed' }[act],
    columns: [{ name: 'seconds' }, { name: "times mlfn's, native", digits: 1 }, { name: 'bytes', digits: 0 }],
    rows: parties.map(({ name }) => ({ name, cells: [of(name, act, 'seconds'), name === NATIVE ? '1' : ratios(of(name, act, 'seconds'), of(NATIVE, act, 'seconds')), of(name, act, 'bytes')] })),
  })),
  aims: [
    ...peers.map((peer) => ({ aim: `native, model changed: times faster than ${peer}`, values: ratios(of(peer, 'changed', 'seconds'), of(NATIVE, 'changed', 'seconds')), least: 5 })),
    ...peers.map((peer) => ({ aim: `native, first: times faster than ${peer}`, values: ratios(of(peer, 'first', 'seconds'), of(NATIVE, 'first', 'seconds')), least: 1 })),
    { aim: 'native, model changed: bytes that are sent', values: of(NATIVE, 'changed', 'bytes'), most: 64 * 1024, digits: 0 },
  ],
}, values.results);
process.exit(met ? 0 : 1);
