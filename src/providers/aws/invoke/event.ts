/**
 * The event that a Function URL would make of a call (format 2.0), for releases that have no URL yet.
 * docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
import { randomUUID } from 'node:crypto';
import type { Call } from '../../../live.ts';

const TEXT = /^(text\/|application\/(json|javascript|xml|([\w.-]+\+(json|xml)))\b)/i;

export function toEvent(call: Call, name: string): Record<string, unknown> {
  const [rawPath = '/', rawQueryString = ''] = (call.path.startsWith('/') ? call.path : `/${call.path}`).split(/\?(.*)/s);
  const query = Object.fromEntries(new URLSearchParams(rawQueryString));
  const headers = Object.fromEntries(Object.entries(call.headers).map(([key, value]) => [key.toLowerCase(), value]));
  const body = Buffer.from(call.body ?? []);
  const isText = TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { host: `${name}.invalid`, 'x-forwarded-proto': 'https', ...headers },
    ...(rawQueryString === '' ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      apiId: name,
      domainName: `${name}.invalid`,
      domainPrefix: name,
      http: { method: call.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'mlfn' },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...(body.length === 0 ? {} : { body: isText ? body.toString('utf8') : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
