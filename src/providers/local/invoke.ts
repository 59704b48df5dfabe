import { performance } from 'node:perf_hooks';
import type { Context } from '../../events.ts';
import type { Answer, Call } from '../../types.ts';
import type { LocalConfig } from './config.ts';
import { callDaemon, ensureDaemon } from './daemon-client.ts';
import { send } from './http.ts';

/** The live release through its front door as a client would; a candidate through the control API. */
export async function invoke(ctx: Context, config: LocalConfig, name: string, release: number | null, call: Call): Promise<Answer> {
  const daemon = await ensureDaemon(ctx, config);
  const begun = performance.now();
  const { method, headers, body } = call;
  const path = call.path.startsWith('/') ? call.path : `/${call.path}`;
  const reply =
    release === null
      ? await send({ port: daemon.port, method, path: `/${name}${path}`, headers, body, signal: ctx.signal })
      : await callDaemon(daemon, method, `functions/${name}/releases/${release}/call${path}`, { headers, body, signal: ctx.signal });
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
