import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning, Lab, until } from './lab.ts';

describe('what clients do', () => {
  let lab: Lab;
  let url: string;
  let port: number;
  beforeAll(async () => {
    lab = new Lab();
    url = (await lab.deploy('heart', { settings: { concurrency: 1, timeout: 10 } })).live.url;
    port = await lab.port();
  });
  afterAll(() => lab.close());

  test('a body of 100 MB is refused early, with a length or without', async () => {
    const large = new Uint8Array(100_000_000);
    const plain = await fetch(url, { method: 'POST', body: large });
    expect(plain.status).toBe(413);
    expect(await plain.json()).toMatchObject({ type: 'urn:mlfn:request-too-large', status: 413 });
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        if (sent > 100_000_000) controller.close();
        else controller.enqueue(new Uint8Array(65_536));
      },
    });
    const chunked = await fetch(url, { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
    expect(chunked.status).toBe(413);
    await chunked.body?.cancel();
    const status = readFileSync(`/proc/${(await lab.ask('heart', {})).json.pid}/status`, 'utf8');
    expect(Number(/VmHWM:\s+(\d+)/.exec(status)![1])).toBeLessThan(100_000);
  });

  test('6 MB of text go through, 5 MB that become more as base64 do not', async () => {
    const text = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(6_000_000) });
    expect(text.status).toBe(200);
    expect(((await text.json()) as { body: string }).body).toHaveLength(6_000_000);
    const binary = await fetch(url, { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(5_000_000) });
    expect(binary.status).toBe(413);
  });

  test('Expect: 100-continue is answered, but not for what is refused anyway', async () => {
    const ask = async (length: number): Promise<string[]> => {
      const seen: string[] = [];
      const request = httpRequest({ host: '127.0.0.1', port, path: '/heart/', method: 'POST', headers: { expect: '100-continue', 'content-length': length } });
      request.on('continue', () => {
        seen.push('continue');
        request.end('x'.repeat(length));
      });
      request.flushHeaders();
      const [response] = await once(request, 'response');
      seen.push(String(response.statusCode));
      response.resume();
      request.destroy();
      return seen;
    };
    expect(await ask(10)).toEqual(['continue', '200']);
    expect(await ask(10_000_000)).toEqual(['413']);
  });

  test('a client that leaves the queue is not served', async () => {
    const before = (await lab.ask('heart', { do: 'script', code: 'import builtins; builtins.count = 0; result = 0' })).status;
    expect(before).toBe(200);
    const slow = lab.ask('heart', { do: 'sleep', seconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const leaving = new AbortController();
    const queued = fetch(url, { method: 'POST', body: JSON.stringify({ do: 'script', code: 'import builtins; builtins.count += 1; result = 1' }), signal: leaving.signal }).catch(() => 'gone');
    await new Promise((resolve) => setTimeout(resolve, 200));
    leaving.abort();
    expect(await queued).toBe('gone');
    await slow;
    expect((await lab.ask('heart', { do: 'script', code: 'import builtins; result = builtins.count' })).json).toBe(0);
  });

  test('a thousand may wait; more are told to come again', async () => {
    const slow = lab.ask('heart', { do: 'sleep', seconds: 3 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const leaving = new AbortController();
    const answered: [number, string | null][] = [];
    const call = async (): Promise<void> => {
      const response = await fetch(url, { method: 'POST', signal: leaving.signal });
      answered.push([response.status, response.headers.get('retry-after')]);
      await response.text();
    };
    const all = Promise.allSettled(Array.from({ length: 1010 }, call));
    await until('ten are refused', () => answered.length === 10);
    expect(answered).toEqual(Array.from({ length: 10 }, () => [429, '1']));
    leaving.abort();
    await all;
    await slow;
    expect((await lab.ask('heart', {})).status).toBe(200);
  });

  test('one who sends half a request holds up nobody', async () => {
    const loris = connect(port, '127.0.0.1');
    loris.on('error', () => undefined);
    loris.write('POST /heart/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"do"');
    expect((await lab.ask('heart', {})).status).toBe(200);
    loris.destroy();
    const garbage = connect(port, '127.0.0.1');
    garbage.write('\x16\x03\x01 this is no HTTP\r\n\r\n');
    const [bytes] = await once(garbage, 'data');
    expect(String(bytes)).toMatch(/^HTTP\/1.1 400/);
    expect((await lab.ask('heart', {})).status).toBe(200);
  });

  test('nothing is found under a name that is not there', async () => {
    for (const name of ['', 'nobody/', '..%2f/', '%00/']) {
      const response = await fetch(`http://127.0.0.1:${port}/${name}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ type: 'urn:mlfn:no-such-function' });
    }
  });

  test('an idle worker ends, and the next call starts another', async () => {
    await lab.deploy('sleepy', { settings: { idle: 1 } });
    const first = await lab.ask('sleepy', {});
    await until('the worker ends', () => !isRunning(first.json.pid));
    const next = await lab.ask('sleepy', {});
    expect(next.json.pid).not.toBe(first.json.pid);
    expect(next.coldMs).toBeGreaterThan(5);
  });
});
