/**
 * Between HTTP and a Lambda Function URL: event format 2.0 one way, its response format the other. Pure.
 * Shapes: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ProblemError } from './problem.ts';

export interface HttpCall {
  method: string;
  /** Path and query as sent, below the function's root. */
  target: string;
  /** As they came, name and value in turn. */
  rawHeaders: string[];
  body: Buffer;
  protocol: string;
  sourceIp: string;
  port: number;
  /** What was cut off the path: `/heart`, or empty behind `heart.localhost`. */
  prefix: string;
  function: string;
  requestId: string;
  time: Date;
}

export interface HttpAnswer {
  status: number;
  headers: [string, string][];
  body: Buffer;
}

/** Of one connection, not of the message (RFC 9110, 7.6.1). Function URLs do not pass them on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect']);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function toEvent(call: HttpCall): Record<string, unknown> {
  const { headers, cookies } = collectHeaders(call);
  const cut = call.target.indexOf('?');
  const rawPath = cut < 0 ? call.target : call.target.slice(0, cut);
  const rawQueryString = cut < 0 ? '' : call.target.slice(cut + 1);
  const query = queryParameters(rawQueryString);
  const domainName = (headers['host'] ?? 'localhost').replace(/:\d+$/, '');
  const text = bodyText(headers['content-type'], call.body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(query !== null && { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      apiId: call.function,
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method: call.method,
        path: rawPath,
        protocol: call.protocol,
        sourceIp: call.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: call.requestId,
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(call.time),
      timeEpoch: call.time.getTime(),
    },
    ...(call.body.length > 0 && { body: text ?? call.body.toString('base64') }),
    isBase64Encoded: call.body.length > 0 && text === null,
  };
}

function collectHeaders(call: HttpCall): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  const cookies: string[] = [];
  for (let at = 0; at + 1 < call.rawHeaders.length; at += 2) {
    const name = call.rawHeaders[at]!.toLowerCase();
    const value = call.rawHeaders[at + 1]!;
    if (HOP_BY_HOP.has(name)) continue;
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  headers['x-forwarded-for'] = call.sourceIp;
  headers['x-forwarded-port'] = String(call.port);
  headers['x-forwarded-proto'] = 'http';
  delete headers['x-forwarded-prefix'];
  if (call.prefix !== '') headers['x-forwarded-prefix'] = call.prefix;
  headers['x-amzn-trace-id'] ??= traceId(call);
  return { headers, cookies };
}

export function traceId(call: Pick<HttpCall, 'time' | 'requestId'>): string {
  const seconds = Math.floor(call.time.getTime() / 1000).toString(16).padStart(8, '0');
  return `Root=1-${seconds}-${call.requestId.replaceAll('-', '').slice(0, 24)}`;
}

function queryParameters(raw: string): Record<string, string> | null {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(raw)) {
    found[name] = found[name] === undefined ? value : `${found[name]},${value}`;
  }
  return Object.keys(found).length === 0 ? null : found;
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(time: Date): string {
  // `2020-03-12T19:03:58.000Z`
  const [date, clock] = time.toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`;
}

/**
 * The platform gives these types as text and everything else as base64, a missing Content-Type included; which they are
 * is not in the documents but was measured on AWS (github.com/ministackorg/ministack/pull/766). Bytes that are no UTF-8
 * have no text form at all.
 */
function bodyText(contentType: string | undefined, body: Buffer): string | null {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (!/^(text\/.+|application\/(json|xml|javascript))$/.test(type)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

/** Throws a ProblemError (502) for an answer that a Function URL would not pass on either. */
export function toAnswer(payload: Buffer): HttpAnswer {
  const text = payload.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value) || !('statusCode' in value)) {
    // Without a status code the platform takes the whole value as the body of a 200.
    return { status: 200, headers: [['content-type', 'application/json']], body: payload };
  }
  const answer = value as Record<string, unknown>;
  return { status: readStatus(answer['statusCode']), headers: readHeaders(answer), body: readBody(answer) };
}

function readStatus(given: unknown): number {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw malformed(`statusCode is ${JSON.stringify(given)}, not a whole number from 200 to 599`);
}

function readHeaders(answer: Record<string, unknown>): [string, string][] {
  const given = answer['headers'] ?? {};
  const cookies = answer['cookies'] ?? [];
  if (typeof given !== 'object' || Array.isArray(given)) throw malformed('headers is not an object');
  if (!Array.isArray(cookies)) throw malformed('cookies is not a list');
  const headers = Object.entries(given as Record<string, unknown>)
    .map(([name, value]): [string, string] => [name.toLowerCase(), checkedHeader(name, value)])
    .filter(([name]) => !HOP_BY_HOP.has(name) && name !== 'content-length');
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', 'application/json']);
  for (const cookie of cookies) headers.push(['set-cookie', checkedHeader('set-cookie', cookie)]);
  return headers;
}

function checkedHeader(name: string, value: unknown): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw malformed(`header ${name} is not a string`);
  try {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
  } catch {
    throw malformed(`header ${JSON.stringify(name)} has characters that HTTP does not allow`);
  }
  return String(value);
}

function readBody(answer: Record<string, unknown>): Buffer {
  const body = answer['body'] ?? '';
  if (typeof body !== 'string') throw malformed('body is not a string');
  return Buffer.from(body, answer['isBase64Encoded'] === true ? 'base64' : 'utf8');
}

function malformed(why: string): ProblemError {
  return new ProblemError({
    status: 502,
    kind: 'malformed-answer',
    title: 'The function gave an answer that is no HTTP response',
    detail: `The function's answer cannot be sent: ${why}.`,
  });
}
