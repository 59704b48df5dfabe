// The same model behind each server, on the same cores, under the same load: mlfn's own two and what people use today. All of them run
// the whole time, one of them at work.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ratios } from '../measured/statistics.mjs';
import { modelsPython } from '../models.mjs';
import { sameAnswer, toleranceOf } from './answers.mjs';
import { load } from './load.mjs';
import { home, mlfn, packageOf, wordsFor } from './package.mjs';

/** Of a round, for each server. */
export const SECONDS = 2;
export const CLOUD_RUN = "mlfn, Cloud Run's server";
const LOCAL = 'mlfn, local target (2 workers)';
const ALIKE = { OMP_NUM_THREADS: '1' };

/**
 * @param lab the tests' `startServer`, `temporary` and `freePort`
 * @returns by party samples of `rate` (requests in a second), `p50` and `p99` (ms), and how many requests `failed` in all
 */
export async function underLoad(lab, model, { rounds, wrk, peers, work, tell }) {
  const record = JSON.parse(readFileSync(model.one, 'utf8'));
  const servers = [];
  try {
    servers.push(await cloudRun(lab, model, path.join(work, 'run')), await local(lab, model, path.join(work, 'local')));
    for (const peer of peers) servers.push(await started(lab, peer.name, (given) => peer.start({ model: { ...model, record }, ...given })));
    for (const server of servers) await prepare(server, model, path.join(work, `${servers.indexOf(server)}.json`), record);
    const samples = Object.fromEntries(servers.map(({ name }) => [name, { rate: [], p50: [], p99: [], failed: 0 }]));
    for (let round = 0; round <= rounds; round++) {
      for (const { name, url, bodyFile } of servers) {
        const { rate, p50, p99, failed } = await load(wrk, url, bodyFile, round === 0 ? 1 : SECONDS);
        samples[name].failed += failed;
        if (round === 0) continue; // it warms what is lazy
        for (const [what, value] of Object.entries({ rate, p50, p99 })) samples[name][what].push(value);
      }
    }
    return samples;
  } finally {
    for (const server of servers) await server.stop();
    rmSync(work, { recursive: true, force: true });
    tell(`${model.title} served`);
  }
}

/** The table of a model. */
export function servedTable(model, samples) {
  const rows = Object.entries(samples).map(([name, { rate, p50, p99, failed }]) => ({ name, cells: [rate, timesBestPeer(samples, name), p50, p99, String(failed)] }));
  const columns = [{ name: 'requests/s', digits: 0 }, { name: "of the best peer's" }, { name: 'p50, ms', digits: 1 }, { name: 'p99, ms', digits: 1 }, { name: 'failed' }];
  return { title: `${model.title}, served`, columns, rows };
}

/** Round by round, against whichever of the others did most in it. */
export function timesBestPeer(samples, name) {
  const peers = Object.entries(samples).filter(([each]) => each !== CLOUD_RUN && each !== LOCAL).map(([, { rate }]) => rate);
  return ratios(samples[name].rate, peers[0].map((_, round) => Math.max(...peers.map((rate) => rate[round]))));
}

async function prepare(server, model, bodyFile, record) {
  writeFileSync(bodyFile, JSON.stringify(server.body ?? record));
  server.bodyFile = bodyFile;
  const answer = await fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: readFileSync(bodyFile) });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${server.name} of ${model.title} answers ${answer.status} ${text}\n${server.log()}`);
  const told = JSON.parse(text);
  sameAnswer(server.read?.(told) ?? told, model.answers.model.one, toleranceOf(server.engine), `${server.name} of ${model.title}`);
}

/** A server in a folder of its own, once its port answers. */
async function started({ startServer, temporary, freePort, answers }, name, describe) {
  const folder = temporary('served');
  const ports = [];
  while (ports.length < 3) ports.push(String(await freePort()));
  const { path: way, ...given } = describe({ folder, ports });
  const origin = `http://127.0.0.1:${ports[0]}`;
  const server = await startServer({ command: given.command, args: given.args, folder, env: { ...ALIKE, ...given.env }, ready: () => answers(`${origin}${given.ready ?? '/'}`) });
  return { name, url: `${origin}${way}`, body: given.body, read: given.read, engine: given.engine, log: server.log, stop: server.stop };
}

/** What a deploy with `mode: run` has Cloud Run start. */
async function cloudRun(lab, model, work) {
  const python = await modelsPython();
  const made = packageOf(model, 'auto', 'gcp', work);
  if (made.refused) throw new Error(made.refused);
  return started(lab, CLOUD_RUN, ({ ports: [port] }) => ({
    command: python, args: ['-I', '-u', path.join(made.task, 'main.py')], path: '/', engine: made.engine,
    env: { HOST: '127.0.0.1', PORT: port, MLFN_THREADS: '2', ...made.env },
  }));
}

async function local(lab, model, work) {
  mkdirSync(work, { recursive: true });
  cpSync(model.model, path.join(work, 'model.joblib'));
  mlfn(work, 'stop'); // one that an interrupted run has left
  const port = await lab.freePort();
  const { url, name } = mlfn(work, 'deploy', ...wordsFor(model), '--name', `bench-${model.name}`, '--target', 'local', '--port', String(port));
  const stop = async () => {
    mlfn(work, 'delete', name, '--yes');
    mlfn(work, 'stop');
  };
  return { name: LOCAL, url, log: () => `its log is in ${home}`, stop };
}
