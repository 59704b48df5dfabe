import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAnswer, toEvent, type HttpCall } from '../../src/providers/local/daemon/event.ts';

function call(given: Partial<HttpCall> = {}): HttpCall {
  return {
    method: 'POST',
    target: '/my/path?parameter1=value1&parameter1=value2&parameter2=value',
    rawHeaders: ['Host', 'heart.localhost:8750', 'Header1', 'value1', 'Header2', 'value1', 'header2', 'value2', 'Cookie', 'cookie1; cookie2', 'User-Agent', 'agent', 'Content-Type', 'text/plain', 'Connection', 'keep-alive'],
    body: Buffer.from('Hello from client!'),
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    port: 8750,
    prefix: '',
    function: 'heart',
    requestId: '1db2f3e0-0000-4000-8000-123456789abc',
    time: new Date(1583348638390),
    ...given,
  };
}

const typed = (type: string | null, body: string | Uint8Array) =>
  toEvent(call({ rawHeaders: type === null ? [] : ['content-type', type], body: Buffer.from(body) }));

describe('event', () => {
  // The example of docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, without what only IAM and API Gateway fill.
  test('is the documented example', () => {
    expect(toEvent(call())).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/my/path',
      rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
      cookies: ['cookie1', 'cookie2'],
      headers: {
        host: 'heart.localhost:8750',
        header1: 'value1',
        header2: 'value1,value2',
        'user-agent': 'agent',
        'content-type': 'text/plain',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '8750',
        'x-forwarded-proto': 'http',
        'x-amzn-trace-id': 'Root=1-5e5ffb9e-1db2f3e00000400080001234',
      },
      queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
      requestContext: {
        accountId: 'anonymous',
        apiId: 'heart',
        domainName: 'heart.localhost',
        domainPrefix: 'heart',
        http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'agent' },
        requestId: '1db2f3e0-0000-4000-8000-123456789abc',
        routeKey: '$default',
        stage: '$default',
        time: '04/Mar/2020:19:03:58 +0000',
        timeEpoch: 1583348638390,
      },
      body: 'Hello from client!',
      isBase64Encoded: false,
    });
  });

  test.each(['text/plain', 'text/csv; charset=utf-8', 'application/json', 'Application/JSON; charset=utf-8', 'application/xml', 'application/javascript'])(
    '%s is text',
    (type) => expect(typed(type, '{"ä": 1}')).toMatchObject({ body: '{"ä": 1}', isBase64Encoded: false }),
  );

  test.each([null, '', 'application/octet-stream', 'application/x-www-form-urlencoded', 'application/problem+json', 'image/svg+xml', 'multipart/form-data; boundary=text/plain'])(
    '%s is base64',
    (type) => expect(typed(type, 'abc')).toMatchObject({ body: 'YWJj', isBase64Encoded: true }),
  );

  test('bytes that are no UTF-8 keep their value', () => {
    const event = typed('application/json', Uint8Array.of(0x22, 0xff, 0x22));
    expect(event).toMatchObject({ body: 'Iv8i', isBase64Encoded: true });
  });

  test('no body, no query, no cookies: no such keys', () => {
    const event = toEvent(call({ target: '/', rawHeaders: [], body: Buffer.alloc(0) }));
    expect(Object.keys(event)).toEqual(['version', 'routeKey', 'rawPath', 'rawQueryString', 'headers', 'requestContext', 'isBase64Encoded']);
  });

  test('any body comes back as it was sent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('application/json', 'text/plain', 'image/png'), (bytes, type) => {
        const { body, isBase64Encoded } = typed(type, bytes) as { body?: string; isBase64Encoded: boolean };
        expect(new Uint8Array(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))).toEqual(bytes);
      }),
    );
  });

  test('hostile names are only names', () => {
    const event = toEvent(call({ target: '/?__proto__=x&constructor=y', rawHeaders: ['__proto__', 'z'] }));
    expect(JSON.parse(JSON.stringify(event.queryStringParameters))).toHaveProperty('constructor', 'y');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(JSON.stringify(event.headers)).toContain('"__proto__":"z"');
  });

  test('the prefix that was cut off is told, and cannot be feigned', () => {
    expect(toEvent(call({ prefix: '/heart' })).headers).toHaveProperty('x-forwarded-prefix', '/heart');
    expect(toEvent(call({ rawHeaders: ['X-Forwarded-Prefix', '/evil'] })).headers).not.toHaveProperty('x-forwarded-prefix');
  });
});

const answer = (value: unknown) => {
  const { status, headers, body } = toAnswer(Buffer.from(JSON.stringify(value)));
  return { status, headers, body: body.toString() };
};

describe('answer', () => {
  const json = [['content-type', 'application/json']];

  test.each([['Hello, world!'], [{ message: 'hi' }], [[1, 2]], [null], [7], [false]])('%j without a status is a 200 with itself', (value) => {
    expect(answer(value)).toEqual({ status: 200, headers: json, body: JSON.stringify(value) });
  });

  test('status, headers, cookies and body', () => {
    const value = { statusCode: 201, headers: { 'My-Header': 'yes', 'X-N': 3, Connection: 'close', 'Content-Length': '9' }, cookies: ['a=1', 'b=2'], body: 'made' };
    expect(answer(value)).toEqual({
      status: 201,
      headers: [['my-header', 'yes'], ['x-n', '3'], ...json, ['set-cookie', 'a=1'], ['set-cookie', 'b=2']],
      body: 'made',
    });
  });

  test('base64', () => expect(answer({ statusCode: 200, body: 'YWJj', isBase64Encoded: true }).body).toBe('abc'));
  test('no body is an empty one', () => expect(answer({ statusCode: 204 }).body).toBe(''));

  test.each([
    [{ statusCode: 'many' }, /statusCode is "many"/],
    [{ statusCode: 99 }, /statusCode is 99/],
    [{ statusCode: 101 }, /statusCode is 101/],
    [{ statusCode: 200, body: { a: 1 } }, /body is not a string/],
    [{ statusCode: 200, headers: ['x'] }, /headers is not an object/],
    [{ statusCode: 200, headers: { 'x y': '1' } }, /characters that HTTP does not allow/],
    [{ statusCode: 200, headers: { x: 'a\r\nset-cookie: b' } }, /characters that HTTP does not allow/],
    [{ statusCode: 200, headers: { x: { y: 1 } } }, /header x is not a string/],
    [{ statusCode: 200, cookies: 'a=1' }, /cookies is not a list/],
  ])('%j is refused', (value, message) => expect(() => answer(value)).toThrow(message));

  test('what is not JSON is refused', () => expect(() => toAnswer(Buffer.from('oops'))).toThrow(/not JSON/));
});
