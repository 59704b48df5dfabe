// What making a package takes, native scikit-learn + pandas, every cache warm: mlfn, uv + zip -1 (and 7zz -mx1 where it is there)
// by hand, AWS SAM. Paired: each round runs every party once, in turn. One command: node bench/package.mjs [ROUNDS [--alone]]
//
// --alone: without SAM. By hand means no byte code: with it, zip has twice the files. mlfn's package has it.
// Ends with 1 when an aim is missed (issue of the benchmarks: 4 times zip -1, 20 times SAM, nothing changed within 150 ms of the
// command line's own start, 150 MB of memory).
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { build } from '../scripts/build.mjs';
import { pythonOf } from '../scripts/venv.mjs';
import { lab } from './aws/lab.mjs';
import { twoModels } from './aws/models.mjs';
import { installSam } from './aws/peer.mjs';
import { run } from './aws/run.mjs';

const root = path.dirname(import.meta.dirname);
const given = process.argv.slice(2);
const rounds = Number(given.find((word) => !word.startsWith('--')) ?? 5);
const bin = path.join(root, 'bin/mlfn.js');
const requirements = path.join(root, 'bench/aws/model-requirements.txt');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-bench-package-'));
const home = path.join(work, 'home');
const project = path.join(work, 'project');
const memory = path.join(work, 'memory');
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const has = (command) => spawnSync(process.platform === 'win32' ? 'where' : 'which', [command]).status === 0;

await build();
const { first, second } = twoModels(pythonOf(path.join(root, '.venv')), path.join(root, 'examples/heart-disease'), work);
mkdirSync(project);
cpSync(requirements, path.join(project, 'requirements.txt'));
const take = (model) => cpSync(model.file, path.join(project, 'model.joblib'));
const env = { MLFN_HOME: home, PEAK_MEMORY: memory };
const mlfn = (...words) => run(process.execPath, ['--import', path.join(root, 'bench/peak-memory.mjs'), bin, ...words], { cwd: project, env });
const packs = () => mlfn('build', 'model.joblib', '--target', 'aws', '--engine', 'native', '--out', 'out', '--json');
const forget = (...folders) => folders.forEach((folder) => rmSync(path.join(project, folder), { recursive: true, force: true }));

/** Seconds of a fresh package by uv and an archiver, as people write it in their deploy scripts. */
async function byHand(archive) {
  forget('hand', 'hand.zip');
  const installed = await run(uv, ['pip', 'install', '--quiet', '--target', 'hand', '--python', python, '--only-binary', ':all:', '--python-platform', 'x86_64-manylinux_2_28', '-r', 'requirements.txt'], { cwd: project, env: {} });
  cpSync(path.join(project, 'model.joblib'), path.join(project, 'hand/model.joblib'));
  return installed + (await archive());
}

const zip = () => run('zip', ['-1', '-qr', '../hand.zip', '.'], { cwd: path.join(project, 'hand'), env: {} });
const sevenZip = () => run('7zz', ['a', '-tzip', '-mx1', '-bd', '../hand.zip', '.'], { cwd: path.join(project, 'hand'), env: {} });

async function bySam({ bin: folder }, cloud) {
  const source = path.join(work, 'sam/src');
  rmSync(path.join(work, 'sam'), { recursive: true, force: true });
  mkdirSync(source, { recursive: true });
  cpSync(path.join(root, 'bench/aws/sam/function.yaml'), path.join(work, 'sam/template.yaml'));
  cpSync(path.join(root, 'bench/aws/sam/app.py'), path.join(source, 'app.py'));
  for (const name of ['requirements.txt', 'model.joblib']) cpSync(path.join(project, name), path.join(source, name));
  const call = (...words) => run(path.join(folder, 'sam'), words, { cwd: path.join(work, 'sam'), env: { ...cloud, PATH: `${folder}${path.delimiter}${process.env.PATH}`, SAM_CLI_TELEMETRY: '0', __SAM_CLI_APP_DIR: path.join(work, 'sam-app') } });
  return (await call('build')) + (await call('package', '--resolve-s3', '--force-upload', '--region', 'eu-west-1', '--no-progressbar', '--output-template-file', 'packaged.yaml'));
}

const python = pythonOf(path.join(root, '.venv'));
let uv = 'uv';
let met = true;
const peer = given.includes('--alone') ? null : await installSam();
const cloud = peer === null ? null : await (await lab(work)).startMinistack({ packages: [peer.translator] });
try {
  take(first);
  await packs(); // fills the caches, and brings uv
  uv = has('uv') ? 'uv' : execFileSync('find', [path.join(home, 'cache/uv'), '-name', 'uv', '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')[0];
  await byHand(async () => 0);
  const rows = {};
  const note = (name, seconds) => (rows[name] ??= []).push(seconds);
  const cloudEnv = cloud === null ? {} : { AWS_ENDPOINT_URL: cloud.endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'eu-west-1' };
  if (cloud !== null) await bySam(peer, cloudEnv);
  writeFileSync(memory, '');
  for (let round = 0; round < rounds; round++) {
    take(first);
    forget('out');
    rmSync(path.join(home, 'cache/dependencies'), { recursive: true, force: true });
    note('mlfn, a new lock of known wheels', await packs());
    forget('out');
    note('mlfn, a known lock', await packs());
    note('mlfn, nothing changed', await packs());
    note("the command line's own start", await mlfn('build', '--help'));
    take(second);
    note('mlfn, only the model changed', await packs());
    const started = performance.now();
    const bytes = readFileSync(second.file);
    createHash('sha256').update(bytes).digest();
    gzipSync(bytes);
    note('digest and compress the model', (performance.now() - started) / 1000);
    note('uv + zip -1', await byHand(zip));
    if (has('7zz')) note('uv + 7zz -mx1', await byHand(sevenZip));
    if (cloud !== null) note('sam build + sam package', await bySam(peer, cloudEnv));
    console.error(`${round + 1}  ${Object.entries(rows).map(([name, values]) => `${name} ${values.at(-1).toFixed(2)}`).join(', ')}`);
  }
  const peak = Math.max(...readFileSync(memory, 'utf8').trim().split('\n').map(Number)) / 1e6;
  const sizes = ['out/dependencies.zip', 'hand.zip'].map((file) => `${file} ${(statSync(path.join(project, file)).size / 1e6).toFixed(1)} MB`);
  console.log(`node ${process.version}, ${os.type()} ${os.arch()}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}, ${rounds} paired rounds, medians; ${sizes.join(', ')}`);
  for (const [name, values] of Object.entries(rows)) {
    console.log(`${name.padEnd(34)} ${median(values).toFixed(3).padStart(8)} s   ${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`);
  }
  const ratio = (slow, fast) => median(rows[slow].map((seconds, index) => seconds / rows[fast][index]));
  const aim = (text, value, limit, atLeast) => {
    const good = atLeast ? value >= limit : value <= limit;
    met &&= good;
    console.log(`${good ? 'met   ' : 'missed'}  ${text}: ${value.toFixed(1)} (${atLeast ? 'at least' : 'at most'} ${limit})`);
  };
  for (const [name, times] of [['uv + zip -1', 4], ['uv + 7zz -mx1', 4], ['sam build + sam package', 20]]) {
    if (rows[name] !== undefined) aim(`times faster than ${name}`, ratio(name, 'mlfn, a new lock of known wheels'), times, true);
  }
  const own = rows["the command line's own start"];
  aim('ms over the start when nothing changed', 1000 * median(rows['mlfn, nothing changed'].map((seconds, index) => seconds - own[index])), 150, false);
  aim('MB of memory at most', peak, 150, false);
} finally {
  await cloud?.stop();
  rmSync(work, { recursive: true, force: true });
}
process.exit(met ? 0 : 1);
