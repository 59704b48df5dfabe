/** A file of an index by GET: through the machine's proxy, with its certificates, and whatever login the index was given. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { Env } from './uv-env.ts';

const REDIRECTS = 5;
/** Nothing comes for so long, in seconds, unless UV_HTTP_TIMEOUT says otherwise. */
const SILENCE = 15;

interface Asking {
  env: Readonly<Env>;
  /** `user:password` for that address, where there is one. */
  login: (url: URL) => string | null;
  signal: AbortSignal;
}

/** @throws an error for anything but a 200 */
export async function openDownload(address: string, { env, login, signal }: Asking): Promise<http.IncomingMessage> {
  const { ProxyAgent } = await import('proxy-agent');
  const agent = new ProxyAgent();
  let url = new URL(address);
  for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
    const auth = login(url);
    const headers = auth === null ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
    const reply = await get(url, { agent, headers, signal, ...certificates(env) }, 1000 * (Number(env['UV_HTTP_TIMEOUT']) || SILENCE));
    const { statusCode = 0, headers: { location } } = reply;
    if (statusCode === 200) return reply;
    reply.resume();
    if (statusCode < 300 || statusCode > 399 || location === undefined) throw new Error(`${url.host} answered ${statusCode}`);
    url = new URL(location, url);
  }
  throw new Error(`${url.host} redirects too often`);
}

function get(url: URL, options: https.RequestOptions, silenceMs: number): Promise<http.IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const asked = request(url, options, resolve);
    asked.setTimeout(silenceMs, () => asked.destroy(new Error(`${url.host} does not answer`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** As uv: a bundle of a company's own takes the place of the system's. */
function certificates(env: Readonly<Env>): { ca?: string[] } {
  const file = env['SSL_CERT_FILE'];
  return file ? { ca: [...tls.rootCertificates, readFileSync(file, 'utf8')] } : {};
}
