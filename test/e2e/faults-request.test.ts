/** What clients can send to a live endpoint: each is told in a problem document, and the next call answers. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, ask, type HttpAnswer, Lab } from './lab.ts';

const example = path.join(import.meta.dirname, '../../examples/heart-disease');
const payload = JSON.parse(readFileSync(path.join(example, 'payload.json'), 'utf8'));
const record = Array.isArray(payload) ? payload[0] : payload;
const MB = 1024 * 1024;

let lab: Lab;
let url: URL;
let echo: string;
let expected: unknown;
beforeAll(async () => {
  lab = await Lab.open();
  url = new URL(await lab.deploy(path.join(example, 'model.joblib'), ['--name', 'heart', '--concurrency', '1', '--sample', path.join(example, 'payload.json')]));
  echo = await lab.deploy(`${lab.write({ 'echo.py': 'def predict(body):\n    return {"got": body}\n' })}:predict`);
  expected = (await ask(url.href, record)).json;
});
afterAll(() => lab.close());

/** The raw answer to raw bytes; chunks are made as the socket takes them. */
function raw(head: string, body: Iterable<string | Uint8Array> = [], { half = false } = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), '127.0.0.1');
    let got = '';
    socket.setEncoding('latin1').on('data', (text: string) => (got += text));
    socket.on('error', () => undefined); // it may be reset while we still send
    socket.once('close', () => {
      const [top = '', text = ''] = got.split(/\r\n\r\n(.*)/s);
      const [line = '', ...lines] = top.split('\r\n');
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(line)?.[1]);
      if (Number.isNaN(status)) return reject(new Error(`no answer to ${head.slice(0, 80)}: ${JSON.stringify(got.slice(0, 200))}`));
      const headers = Object.fromEntries(lines.map((each) => [each.split(':')[0]!.toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]));
      resolve(answerOf(status, headers, text));
    });
    const send = async () => {
      socket.write(head, 'latin1');
      for (const chunk of body) {
        if (got !== '' || socket.destroyed) return;
        if (!socket.write(chunk)) await new Promise((go) => socket.once('drain', go).once('close', go));
      }
      if (half) socket.end();
    };
    socket.once('connect', () => void send());
  });
}

function post(body: string | Uint8Array, headers = 'content-type: application/json'): Promise<HttpAnswer> {
  const bytes = Buffer.from(body as string);
  return raw(`POST ${url.pathname} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\ncontent-length: ${bytes.length}\r\n\r\n`, [bytes]);
}

/** The status of an answer that must be a problem document. */
function problem(answer: HttpAnswer): number {
  expect(answer.type).toContain('application/problem+json');
  expect(answer.json).toMatchObject({ status: answer.status, title: expect.any(String), type: expect.any(String) });
  expect(answer.text).not.toMatch(/Traceback|File \\?"|\n\s+at |site-packages|node:/);
  return answer.status;
}

/** The next call answers what it always did. */
async function expectAlive(): Promise<void> {
  const answer = await ask(url.href, record);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json).toEqual(expected);
}

const nested = (open: string, close: string, inner = '1', depth = 100_000) => open.repeat(depth) + inner + close.repeat(depth);

const BODIES: [what: string, body: string | Uint8Array][] = [
  ['nothing', ''],
  ['a blank', '  \n'],
  ['half an object', '{"age": 63'],
  ['two documents', `${JSON.stringify(record)}${JSON.stringify(record)}`],
  ['NaN', JSON.stringify({ ...record, age: 'N' }).replace('"N"', 'NaN')],
  ['Infinity', JSON.stringify({ ...record, age: 'N' }).replace('"N"', '-Infinity')],
  ['a number beyond a double', JSON.stringify({ ...record, age: 'N' }).replace('"N"', '1e999')],
  ['an integer of 5000 digits', JSON.stringify({ ...record, age: 'N' }).replace('"N"', '9'.repeat(5000))],
  ['a text for a number', JSON.stringify({ ...record, age: 'old' })],
  ['a list for a number', JSON.stringify({ ...record, age: [63] })],
  ['an object for a number', JSON.stringify({ ...record, age: { years: 63 } })],
  ['a field that is missing', JSON.stringify({ ...record, age: undefined })],
  ['a field that is unknown', JSON.stringify({ ...record, agee: 63 })],
  ['a number alone', '5'],
  ['a text alone', '"63"'],
  ['null', 'null'],
  ['a list of numbers that is too short', '[1, 2]'],
  ['a list of records and numbers', JSON.stringify([record, 5])],
  ['instances that are no list', '{"instances": 5}'],
  ['a split frame without data', '{"dataframe_split": {"columns": ["age"]}}'],
  ['a split frame with ragged rows', '{"dataframe_split": {"columns": ["age", "sex"], "data": [[1, 2], [1]]}}'],
  ['100,000 brackets', nested('[', ']')],
  ['100,000 open brackets', '['.repeat(100_000)],
  ['100,000 objects', nested('{"a":', '}')],
  ['a record of 100,000 brackets', `{"age": ${nested('[', ']')}}`],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['a UTF-8 sequence that is too long', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
  ['UTF-16', Buffer.from(`\uFEFF${JSON.stringify(record)}`, 'utf16le')],
  ['NUL bytes', Buffer.alloc(1000)],
  ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ['a pickle', Buffer.from("cos\nsystem\n(S'touch /tmp/never'\ntR.", 'latin1')],
];

describe('a body that is', () => {
  test.each(BODIES)('%s', async (_what, body) => {
    expect([400, 413, 415, 422]).toContain(problem(await post(body)));
    await expectAlive();
  });

  test.each(BODIES)('%s is a problem or an answer for a function that takes anything', async (_what, body) => {
    const answer = await fetch(echo, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers: { 'content-type': 'application/json' } });
    expect([200, 400, 413, 415, 422]).toContain(answer.status);
    if (answer.status !== 200) expect(answer.headers.get('content-type')).toContain('problem+json');
    expect((await ask(echo, [1])).json).toEqual({ got: [1] });
  });

  test('100 MB, announced', async () => {
    const chunk = Buffer.alloc(MB, 0x20);
    const head = `POST ${url.pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${100 * MB}\r\n\r\n`;
    expect([413]).toContain(problem(await raw(head, Array.from({ length: 100 }, () => chunk))));
    await expectAlive();
  });

  test('100 MB, in chunks', async () => {
    const chunk = Buffer.concat([Buffer.from(`${MB.toString(16)}\r\n`), Buffer.alloc(MB, 0x20), Buffer.from('\r\n')]);
    const head = `POST ${url.pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect([413]).toContain(problem(await raw(head, Array.from({ length: 100 }, () => chunk))));
    await expectAlive();
  });

  test('100 MB, by `mlfn invoke`', async () => {
    const file = lab.write({ 'large.json': Buffer.alloc(100 * MB, 0x20) });
    const { status, body } = await lab.json(['invoke', 'heart', '--payload', file], { code: 2 });
    expect({ status, body }).toMatchObject({ status: 413, body: { status: 413 } });
    await expectAlive();
  });

  test('exactly at the limit, and one byte over it', async () => {
    expect([413]).toContain(problem(await post(Buffer.alloc(6 * MB + 1, 0x20))));
    expect([400, 413]).toContain(problem(await post(Buffer.alloc(6 * MB - 4096, 0x20))));
    await expectAlive();
  });
});

describe('a request', () => {
  test.each(['PUT', 'DELETE', 'PATCH', 'TRACE'])('with %s', async (method) => {
    expect([405]).toContain(problem(await raw(`${method} ${url.pathname} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)));
    await expectAlive();
  });

  test.each(['nowhere', 'predict/', 'v2/models/other/infer', '..%2f..%2fetc%2fpasswd', '%00', '%ff', '?x=%zz'])('for %s', async (where) => {
    const answer = await raw(`GET ${url.pathname}${where} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    if (where.startsWith('?')) expect(answer.status).toBe(200);
    else expect([400, 404, 405]).toContain(problem(answer));
    await expectAlive();
  });

  test('for a function that is not there', async () => {
    expect([404]).toContain(problem(await ask(new URL('/nobody/', url).href, record)));
    expect([404]).toContain(problem(await ask(new URL('/', url).href, record, 'GET')));
  });

  test.each([
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(200, '\x00')],
    ['no version', `POST ${'/heart/'}\r\n\r\n`],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a header without a name', 'POST /heart/ HTTP/1.1\r\nhost: x\r\n: 5\r\n\r\n'],
    ['100 KB of headers', `POST /heart/ HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a length that is none', 'POST /heart/ HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n'],
    ['a negative length', 'POST /heart/ HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n'],
    ['two lengths', 'POST /heart/ HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
    ['a length and chunks', 'POST /heart/ HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk that is none', 'POST /heart/ HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['no host', 'POST /heart/ HTTP/1.1\r\nconnection: close\r\n\r\n'],
  ])('of %s', async (_what, bytes) => {
    expect([400, 413, 431]).toContain(problem(await raw(bytes)));
    await expectAlive();
  });

  test('whose client goes away in the middle', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = connect(Number(url.port), '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(`POST ${url.pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"age"`);
      await new Promise((resolve) => setTimeout(resolve, round));
      socket.destroy();
    }
    expect((await ask(url.href, record)).json).toEqual(expected);
  });

  test('that ends before its body does', async () => {
    expect([400]).toContain(problem(await raw(`POST ${url.pathname} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"age"`, [], { half: true })));
    await expectAlive();
  });
});
