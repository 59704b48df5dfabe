// Start to first answer, and warm answers, on AWS's own runtime for Python (its interface emulator and client), of a function that does
// nothing, of mlfn by each engine, and of a tutorial's handler without byte code. Every round starts each of them once, in turn.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, ratios } from '../measured/statistics.mjs';
import { modelsPython } from '../models.mjs';
import { sameAnswer, toleranceOf } from './answers.mjs';
import { packageOf } from './package.mjs';

const WARM = 100;
/** Of a round, where one takes no second: its figure is their median. */
const STARTS = 3;
/** Milliseconds in which the one before ends. */
const PAUSE = 250;
const ECHO = 'echo function';
const TUTORIAL = "tutorial's handler";
const bench = path.dirname(import.meta.dirname);
/** Lambda's file system cannot be written to: what is not compiled in the package is compiled at every start. */
const READ_ONLY = { PYTHONDONTWRITEBYTECODE: '1' };

/**
 * @param start `startRuntime` of the tests' lab
 * @param engines what to make packages with, beside the one that mlfn chooses
 * @param work a folder of its own, which goes
 * @returns samples of each party, `{cold, warm}` in ms, by name; what mlfn `chose`; `refused`, by engine why there is no package; `bytes`
 *   of zips by party
 */
export async function onLambda(start, model, { rounds, engines, work, tell }) {
  const { parties, ...told } = await partiesFor(model, engines, work);
  const samples = Object.fromEntries(parties.map(({ name }) => [name, { cold: [], warm: [] }]));
  for (let round = 0; round <= rounds; round++) {
    // Another one goes first each time: who follows a large package starts later than the others.
    for (const party of [...parties.slice(round % parties.length), ...parties.slice(0, round % parties.length)]) {
      const starts = [];
      while (starts.length < (party.light ? STARTS : 1)) {
        starts.push(await measure(start, party, model));
        await wait(PAUSE);
      }
      const [cold, warm] = ['cold', 'warm'].map((what) => median(starts.map((each) => each[what])));
      if (round === 0) continue; // it warms the disk
      samples[party.name].cold.push(cold);
      samples[party.name].warm.push(warm);
    }
  }
  rmSync(work, { recursive: true, force: true });
  tell(`${model.title} on Lambda's runtime`);
  return { ...told, samples };
}

/** The table of a model. */
export function lambdaTable(model, { samples, chose, refused, bytes }) {
  const rows = Object.entries(samples).map(([name, { cold, warm }]) => ({
    name: name === nameOf(chose) ? `${name} (chosen)` : name,
    cells: [cold, coldOfEcho(samples, name), timesTutorial(samples, name), warm, warmOfEcho(samples, name), bytes[name] ?? ''],
  }));
  const missing = Object.entries(refused).map(([engine, reason]) => ({ name: nameOf(engine), cells: [`none: ${reason}`, [], [], [], [], ''] }));
  const columns = [
    { name: 'start to first answer, ms', digits: 0 }, { name: "of echo's" }, { name: "times faster than the tutorial's", digits: 1 },
    { name: 'warm p50, ms' }, { name: "of echo's" }, { name: 'bytes of zips' },
  ];
  return { title: `${model.title}, on Lambda's runtime`, columns, rows: [...rows, ...missing] };
}

export const nameOf = (engine) => `mlfn, ${engine}`;
export const coldOfEcho = (samples, name) => ratios(samples[name].cold, samples[ECHO].cold);
export const warmOfEcho = (samples, name) => ratios(samples[name].warm, samples[ECHO].warm);
export const timesTutorial = (samples, name) => ratios(samples[TUTORIAL].cold, samples[name].cold);

async function partiesFor(model, engines, work) {
  const [refused, bytes, parties] = [{}, {}, [{ name: ECHO, zip: path.join(bench, 'peers/echo'), handler: 'app.handler', light: true }]];
  const chosen = packageOf(model, 'auto', 'aws', path.join(work, 'auto'));
  if (chosen.refused) refused.auto = chosen.refused;
  for (const engine of engines) {
    const made = chosen.engine === engine ? chosen : packageOf(model, engine, 'aws', path.join(work, engine));
    const name = nameOf(engine);
    if (made.refused) refused[engine] = made.refused;
    else parties.push({ name, zip: made.task, layers: [made.opt], env: made.env, handler: 'mlfn_serve.entry.handler', tolerance: toleranceOf(engine), light: engine !== 'native' });
    bytes[name] = made.bytes?.toLocaleString('en');
  }
  parties.push(await tutorial(model, path.join(work, 'tutorial')));
  return { parties, refused, bytes, chose: chosen.engine };
}

/** `pip install -t .`: the packages lie beside the handler, as they come from PyPI. */
async function tutorial(model, folder) {
  const python = await modelsPython();
  mkdirSync(folder, { recursive: true });
  execFileSync(python, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', python, '--target', folder, '-r', model.requirements], { stdio: ['ignore', 'ignore', 'inherit'] });
  cpSync(path.join(bench, 'handlers', `${model.shape}.py`), path.join(folder, 'app.py'));
  cpSync(model.model, path.join(folder, 'model.joblib'));
  return { name: TUTORIAL, zip: folder, handler: 'app.handler', tolerance: toleranceOf('native') };
}

async function measure(start, party, model) {
  const runtime = await start({ zip: party.zip, layers: party.layers, handler: party.handler, memory: 1024, env: { ...READ_ONLY, ...party.env } });
  const event = eventOf(readFileSync(model.one, 'utf8'));
  try {
    const ask = async () => {
      const begun = performance.now();
      const answer = await runtime.invoke(event);
      return { answer, ms: performance.now() - begun };
    };
    const first = await ask();
    if (party.tolerance) sameAnswer(bodyOf(first.answer), model.answers.model.one, party.tolerance, `${party.name} of ${model.title}`);
    const warm = [];
    for (let call = 0; call < WARM; call++) warm.push((await ask()).ms);
    return { cold: first.ms, warm: median(warm) };
  } finally {
    await runtime.stop();
  }
}

function bodyOf(answer) {
  if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.body);
}

function eventOf(body) {
  return {
    version: '2.0', routeKey: '$default', rawPath: '/', rawQueryString: '', isBase64Encoded: false, headers: { 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' } }, body,
  };
}
