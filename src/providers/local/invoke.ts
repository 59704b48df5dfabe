import { Agent } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Context } from '../../events.ts';
import type { Answer, Call } from '../../live.ts';
import type { HttpReply } from '../http-reply.ts';
import type { Line } from '../provider.ts';
import type { LocalConfig } from './config.ts';
import { callDaemon, ensureDaemon } from './daemon-client.ts';
import { type HttpSend, send } from './http.ts';

type Given = Pick<HttpSend, 'method' | 'headers' | 'body' | 'signal' | 'agent'>;

/** The live release through its front door as a client would; a candidate through the control API. */
export async function invoke(ctx: Context, config: LocalConfig, name: string, release: number | null, call: Call): Promise<Answer> {
  return (await way(ctx, config, name, release))(call);
}

export async function line(ctx: Context, config: LocalConfig, name: string, release: number | null): Promise<Line> {
  const agent = new Agent({ keepAlive: true });
  const call = await way(ctx, config, name, release, agent);
  return { call, close: () => agent.destroy() };
}

/** Beside the release's own workers, which go on as they are. */
export async function cold(ctx: Context, config: LocalConfig, name: string, release: number, call: Call): Promise<Answer> {
  const daemon = await ensureDaemon(ctx, config);
  return timed(call, ctx, (path, given) => callDaemon(daemon, given.method, `functions/${name}/releases/${release}/fresh${path}`, given));
}

async function way(ctx: Context, config: LocalConfig, name: string, release: number | null, agent?: Agent): Promise<(call: Call) => Promise<Answer>> {
  const daemon = await ensureDaemon(ctx, config);
  const reach = (path: string, given: Given) =>
    release === null
      ? send({ port: daemon.port, path: `/${name}${path}`, ...given })
      : callDaemon(daemon, given.method, `functions/${name}/releases/${release}/call${path}`, given);
  return (call) => timed(call, ctx, reach, agent);
}

async function timed(call: Call, { signal }: Context, reach: (path: string, given: Given) => Promise<HttpReply>, agent?: Agent): Promise<Answer> {
  const begun = performance.now();
  const { method, headers, body } = call;
  const reply = await reach(call.path.startsWith('/') ? call.path : `/${call.path}`, { method, headers, body, signal, agent });
  const timing = reply.headers['server-timing'] ?? '';
  return {
    status: reply.status,
    headers: reply.headers,
    body: reply.body,
    durationMs: performance.now() - begun,
    handlerMs: duration(timing, 'handler'),
    coldMs: duration(timing, 'init'),
    release: reply.headers['x-mlfn-release'] === undefined ? null : Number(reply.headers['x-mlfn-release']),
  };
}

function duration(timing: string, name: string): number | null {
  const found = new RegExp(`(?:^|[, ])${name};dur=([0-9.]+)`).exec(timing);
  return found ? Number(found[1]) : null;
}
