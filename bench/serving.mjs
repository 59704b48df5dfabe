// Start to first answer, and warm answers, on AWS's own runtime for Python (its interface emulator and client), of one model as a
// tutorial serves it, as mlfn does with its own libraries and compiled, and of a function that does nothing. Paired: every round
// starts each of them once, in turn. One command: npm run bench:serving [-- ROUNDS]
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const ROUNDS = Number(process.argv[2] ?? 5);
const WARM = 100;
const root = path.dirname(import.meta.dirname);
const example = path.join(root, 'examples/heart-disease');
const python = path.join(root, process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python');
const work = mkdtempSync(path.join(os.tmpdir(), 'mlfn-serving-'));
const payload = JSON.parse(readFileSync(path.join(example, 'payload.json'), 'utf8'));

const ECHO = 'def handler(event, context):\n    return event\n';
const TUTORIAL = `import json, os
import joblib
import pandas as pd

model = joblib.load(os.path.join(os.path.dirname(__file__), "model.joblib"))

def handler(event, context):
    frame = pd.DataFrame([json.loads(event["body"])])
    return {"statusCode": 200, "body": json.dumps({"probability": float(model.predict_proba(frame)[0][1])})}
`;
// unzips dependencies.zip to FOLDER/python and zips it again as a layer, or without its byte code as a tutorial's package.
const REPACK = `
import sys, zipfile
source, layer, bare = sys.argv[1:]
with zipfile.ZipFile(source) as given, zipfile.ZipFile(layer, "w") as one, zipfile.ZipFile(bare, "w") as two:
    for name in given.namelist():
        one.writestr("python/" + name, given.read(name))
        if not name.endswith(".pyc"):
            two.writestr(name, given.read(name))
`;

const event = {
  version: '2.0', routeKey: '$default', rawPath: '/', rawQueryString: '', isBase64Encoded: false, headers: { 'content-type': 'application/json' },
  requestContext: { http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' } }, body: JSON.stringify(payload),
};

function mlfn(engine) {
  const folder = path.join(work, engine);
  mkdirSync(path.join(work, 'empty'), { recursive: true });
  const model = path.join(work, 'empty', 'model.joblib');
  cpSync(path.join(example, 'model.joblib'), model);
  const args = ['build', model, '--name', 'heart', '--engine', engine, '--out', folder, '--target', 'aws', '--region', 'eu-west-1', '--python', '3.12', '--json'];
  execFileSync(process.execPath, [path.join(root, 'bin/mlfn.js'), ...args], { cwd: path.join(work, 'empty'), stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

function zipOf(name, files, start) {
  const file = path.join(work, `${name}.zip`);
  if (start !== undefined) cpSync(start, file);
  const given = Object.entries(files).flatMap(([inside, content]) => [inside, content]);
  const code = 'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "a") as one:\n    for at in range(2, len(sys.argv), 2):\n        one.writestr(sys.argv[at], open(sys.argv[at + 1], "rb").read())';
  const written = given.map((each, at) => {
    if (at % 2 === 0 || path.isAbsolute(each)) return each;
    const source = path.join(work, `${name}-${at}`);
    writeFileSync(source, each);
    return source;
  });
  execFileSync(python, ['-c', code, file, ...written]);
  return file;
}

async function lab() {
  const folder = path.join(root, 'test/aws/lab');
  const outfile = path.join(work, 'rie.mjs');
  const stdin = { contents: "export * from './rie.ts';", resolveDir: folder };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, packages: 'external', define: { 'import.meta.dirname': JSON.stringify(folder) } });
  return import(outfile);
}

/** Of the second class, whoever tells it. */
function probability({ body }) {
  const told = JSON.parse(body);
  return told.probability ?? told.probabilities[0][1];
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(startRuntime, party) {
  const runtime = await startRuntime(party);
  try {
    const ask = async () => {
      const begun = performance.now();
      const answer = await runtime.invoke(event);
      return { answer, ms: performance.now() - begun };
    };
    const first = await ask();
    party.check(first.answer);
    const warm = [];
    for (let call = 0; call < WARM; call++) warm.push((await ask()).ms);
    return { cold: first.ms, warm: median(warm) };
  } finally {
    await runtime.stop();
  }
}

async function main() {
  const { startRuntime } = await lab();
  const [native, plain] = ['native', 'plain'].map(mlfn);
  const [layer, bare] = ['layer.zip', 'bare.zip'].map((file) => path.join(work, file));
  execFileSync(python, ['-c', REPACK, path.join(native, 'dependencies.zip'), layer, bare]);
  const model = path.join(example, 'model.joblib');
  const wanted = 1e-9;
  let known;
  const check = (answer) => {
    const told = probability(answer);
    known ??= told;
    if (!(Math.abs(told - known) < wanted)) throw new Error(`answers differ: ${JSON.stringify(answer)}`);
  };
  const parties = {
    'echo function': { zip: zipOf('echo', { 'app.py': ECHO }), handler: 'app.handler', check: () => undefined },
    "mlfn, plain": { zip: path.join(plain, 'function.zip'), handler: 'mlfn_serve.entry.handler', check },
    "mlfn, native": { zip: path.join(native, 'function.zip'), layers: [layer], handler: 'mlfn_serve.entry.handler', check },
    "tutorial's handler": { zip: zipOf('tutorial', { 'app.py': TUTORIAL, 'model.joblib': model }, bare), handler: 'app.handler', check },
  };
  const rows = Object.fromEntries(Object.keys(parties).map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, party] of Object.entries(parties)) {
      const measured = await measure(startRuntime, party);
      if (round >= 0) rows[name].push(measured); // the first round warms the disk
    }
  }
  console.log(`node bench/serving.mjs ${ROUNDS}: ${ROUNDS} paired rounds, ${WARM} warm calls each, medians; ${os.cpus().length} cores, node ${process.version}`);
  console.log('                      start to first answer    of echo    warm p50   of echo    zips');
  for (const [name, all] of Object.entries(rows)) {
    const of = (what) => median(all.map((each, at) => each[what] / rows['echo function'][at][what])).toFixed(2);
    const { zip, layers = [] } = parties[name];
    const bytes = [zip, ...layers].map((file) => statSync(file).size).join(' + ');
    console.log(`${name.padEnd(22)} ${median(all.map((each) => each.cold)).toFixed(1).padStart(10)} ms ${of('cold').padStart(18)} ${median(all.map((each) => each.warm)).toFixed(2).padStart(8)} ms ${of('warm').padStart(8)}    ${bytes}`);
  }
  const times = (name) => median(rows["tutorial's handler"].map((each, at) => each.cold / rows[name][at].cold)).toFixed(1);
  console.log(`start to first answer, times faster than the tutorial's: plain ${times('mlfn, plain')}, native ${times('mlfn, native')}`);
}

try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}
