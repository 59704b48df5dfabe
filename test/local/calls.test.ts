import { once } from 'node:events';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provider } from '../../src/providers/local/index.ts';
import type { LogLine } from '../../src/types.ts';
import { Lab, until } from './lab.ts';

async function readLogs(lab: Lab, name: string, lines = 10_000): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const line of provider.logs(lab.ctx, lab.config, name, { follow: false, lines })) found.push(line);
  return found;
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

for (const [title, vendorClient] of [['awslambdaric', true], ['our own runtime client', false]] as const) {
  describe(`calls, with ${title}`, () => {
    let lab: Lab;
    let url: string;
    beforeAll(async () => {
      lab = new Lab();
      url = (await lab.deploy('heart', { vendorClient, settings: { timeout: 2, memory: 200, concurrency: 2 } })).live.url;
    });
    afterAll(() => lab.close());

    test('the client that runs is the one that was meant, and the other is said', async () => {
      const { json } = await lab.ask('heart', { do: 'script', code: 'import sys; result = sys.argv[0]' });
      expect(json).toMatch(vendorClient ? /awslambdaric/ : /runtime_client/);
      expect(lab.events.some((event) => event.type === 'warning')).toBe(!vendorClient);
    });

    test('the handler gets the event and the context', async () => {
      const { json } = await lab.ask('heart', { do: 'event' });
      expect(json).toMatchObject({ version: '2.0', rawPath: '/', headers: { 'x-forwarded-prefix': '/heart' }, body: '{"do":"event"}' });
      const code = 'result = [context.function_name, context.function_version, context.memory_limit_in_mb, context.aws_request_id, context.invoked_function_arn, context.get_remaining_time_in_millis()]';
      const [name, version, memory, requestId, arn, remaining] = (await lab.ask('heart', { do: 'script', code })).json;
      expect([name, version, memory]).toEqual(['heart', '1', '200']);
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(arn).toMatch(/function:heart:1$/);
      expect(remaining).toBeGreaterThan(1000);
      expect(remaining).toBeLessThanOrEqual(2000);
    });

    test('what it raises is a 502 that tells the type, and the next call works', async () => {
      const { status, json, headers } = await lab.ask('heart', { do: 'raise' });
      expect(status).toBe(502);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(json).toMatchObject({ type: 'urn:mlfn:fault', status: 502 });
      expect(json.detail).toContain('ValueError: this row is not to my taste');
      expect((await lab.ask('heart', {})).status).toBe(200);
      const logged = (await readLogs(lab, 'heart')).find((line) => line.text.startsWith('[ERROR] ValueError'));
      expect(logged?.text).toMatch(/\nTraceback.*\n.*File/s);
      expect(logged?.requestId).toBe(json.requestId);
    });

    test('too long: 504, the worker is killed, the next call works', async () => {
      const { status, json } = await lab.ask('heart', { do: 'sleep', seconds: 30 });
      expect(status).toBe(504);
      expect(json).toMatchObject({ type: 'urn:mlfn:timeout', detail: expect.stringContaining('within 2 s') });
      expect(await lab.ask('heart', {})).toMatchObject({ status: 200 });
    });

    test('too much memory, slowly, at once and monstrously: 502 that says so', async () => {
      for (const command of [{ megabytes: 400, seconds: 2 }, { megabytes: 400 }]) {
        const { status, json } = await lab.ask('heart', { do: 'allocate', ...command });
        expect(status).toBe(502);
        expect(json.type).toBe('urn:mlfn:memory');
        expect(json.detail).toMatch(/used [2-9]\d\d MB, and 200 MB is its limit/);
        const next = await lab.ask('heart', {});
        expect(next.status).toBe(200);
      }
      const { status } = await lab.ask('heart', { do: 'allocate', megabytes: 60_000 });
      expect(status).toBe(502);
    });

    test('a crash: 502 with how it ended, the next call works with a cold start that is told', async () => {
      const first = await lab.ask('heart', { do: 'exit' });
      expect(first).toMatchObject({ status: 502, json: { type: 'urn:mlfn:crash' } });
      expect(first.json.detail).toContain('exit code 3');
      expect((await lab.ask('heart', { do: 'abort' })).json.detail).toContain('SIGABRT');
      const next = await lab.ask('heart', {});
      expect(next.status).toBe(200);
      expect(next.coldMs).toBeGreaterThan(5);
      expect(next.headers['server-timing']).toMatch(/^init;dur=[\d.]+, handler;dur=[\d.]+$/);
      expect((await lab.ask('heart', {})).headers['server-timing']).toMatch(/^handler;dur=[\d.]+$/);
    });

    test('an answer over 6 MB is a 502 and does not cost the worker', async () => {
      const { pid } = (await lab.ask('heart', {})).json;
      const { status, json } = await lab.ask('heart', { do: 'large', bytes: 7_000_000 });
      expect(status).toBe(502);
      expect(json.type).toBe('urn:mlfn:too-large');
      expect((await lab.ask('heart', {})).json.pid).toBe(pid);
      const most = await lab.ask('heart', { do: 'large', bytes: 6_000_000 });
      expect(most.status).toBe(200);
      expect(most.body.length).toBe(6_000_000);
    });

    test('a malformed answer is a 502 that says what is wrong', async () => {
      const { status, json } = await lab.ask('heart', { do: 'return', value: { statusCode: 'many' } });
      expect(status).toBe(502);
      expect(json.detail).toContain('statusCode is "many"');
    });

    test('what is printed goes to the log only, and much of it does no harm', async () => {
      expect((await lab.ask('heart', { do: 'print', text: 'shown\nélan' })).json).toEqual({ printed: true });
      expect((await lab.ask('heart', { do: 'spam', lines: 8000 })).json).toEqual({ printed: 8000 });
      await until('the lines are in the log', async () => (await readLogs(lab, 'heart')).filter((line) => line.text.startsWith('xxx')).length === 8000);
      const lines = await readLogs(lab, 'heart');
      for (const text of ['shown', 'élan']) expect(lines.find((line) => line.text === text)).toMatchObject({ stream: 'stdout', release: 1 });
      expect(lines.find((line) => line.text === 'to stderr')?.stream).toBe('stderr');
    });

    test('files: read-only but for its own tmp', async () => {
      const write = async (file: string) => (await lab.ask('heart', { do: 'write', path: file })).json;
      const root = (await lab.ask('heart', { do: 'script', code: 'import os; result = os.getcwd()' })).json;
      expect(root).toBe(path.join(lab.layout.objects, path.basename(root)));
      const own = (await lab.ask('heart', { do: 'script', code: 'import tempfile; result = tempfile.gettempdir()' })).json;
      expect(own.startsWith(lab.layout.workers)).toBe(true);
      for (const file of ['beside.txt', path.join(root, 'model'), path.join(lab.layout.root, 'x'), '/etc/mlfn-lab', '$TMP/../../../x']) {
        expect(await write(file)).toMatchObject({ errno: 30 });
      }
      for (const file of ['$TMP/x', '/dev/null', `/tmp/mlfn-lab-${process.pid}`]) expect(await write(file)).toEqual({ written: file });
      rmSync(`/tmp/mlfn-lab-${process.pid}`);
      const refused = async (code: string) =>
        (await lab.ask('heart', { do: 'script', code: `import os, shutil, pathlib\ntry:\n    ${code}\n    result = None\nexcept OSError as error:\n    result = error.errno` })).json;
      for (const code of ['os.mkdir("d")', 'os.remove("version.txt")', 'os.rename("version.txt", "v")', 'os.symlink("a", "b")', 'os.truncate("version.txt", 0)', 'os.chmod("version.txt", 0)', 'pathlib.Path("new").touch()', 'os.open("new", os.O_CREAT)', 'shutil.rmtree("mlfn_serve")']) {
        expect([code, await refused(code)]).toEqual([code, 30]);
      }
      expect(await refused('import tempfile; folder = tempfile.mkdtemp(); os.mkdir(folder + "/a"); os.symlink("/etc", folder + "/link"); shutil.rmtree(folder)')).toBeNull();
    });

    test('it sees the package and nothing else of this machine', async () => {
      process.env['LAB_SECRET'] = 'the user’s own';
      const code = 'import os, sys; result = [dict(os.environ), sys.path]';
      const [variables, folders] = (await lab.ask('heart', { do: 'script', code })).json;
      expect(Object.keys(variables).filter((name) => !/^(AWS_|LAMBDA_|_HANDLER|_X_AMZN|TZ$|TMP|TEMP|HOME|PATH$|LANG$|LC_CTYPE$)/.test(name))).toEqual([]);
      expect(folders.filter((folder: string) => folder.includes('site-packages') || folder === '')).toEqual([]);
      expect(folders.slice(0, 3).every((folder: string) => folder.startsWith(lab.layout.objects))).toBe(true);
      expect((await lab.ask('heart', { do: 'script', code: 'import shipped; result = shipped.WHAT' })).json).toBe('a dependency');
      expect((await lab.ask('heart', { do: 'script', code: 'import sklearn; result = 1' })).json.detail).toContain('No module named');
    });

    test('what a worker started ends with it, and its folder goes', async () => {
      const { pid, child } = (await lab.ask('heart', { do: 'child' })).json;
      expect(isGone(child)).toBe(false);
      await Promise.all([lab.ask('heart', { do: 'sleep', seconds: 30 }), lab.ask('heart', { do: 'sleep', seconds: 30 })]);
      await until('the worker and its child are gone', () => isGone(pid) && isGone(child));
      await until('no folder is left', () => readdirSync(lab.layout.workers).length === 0);
    });

    test('each call has a report in the log', async () => {
      const { headers } = await lab.ask('heart', {});
      expect(headers['x-mlfn-release']).toBe('1');
      const reports = (await readLogs(lab, 'heart')).filter((line) => line.text.startsWith('REPORT'));
      expect(reports.at(-1)?.text).toMatch(/^REPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tMemory Size: 200 MB\tMax Memory Used: \d+ MB/);
      expect(reports.at(-1)).toMatchObject({ release: 1, stream: 'platform', worker: expect.stringMatching(/^1-\d+$/) });
    });

    test('side by side up to the concurrency, the others wait their turn', async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => lab.ask('heart', { do: 'sleep', seconds: 0.1 })));
      expect(answers.map((answer) => answer.status)).toEqual(Array(6).fill(200));
      const pids = await Promise.all(Array.from({ length: 6 }, () => lab.ask('heart', {})));
      expect(new Set(pids.map((answer) => answer.json.pid)).size).toBeLessThanOrEqual(2);
    });

    test('GET without the last slash is sent to it, and HEAD has no body', async () => {
      const moved = await fetch(url.slice(0, -1), { redirect: 'manual' });
      expect([moved.status, moved.headers.get('location')]).toEqual([308, '/heart/']);
      const head = await fetch(url, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
      expect(await head.text()).toBe('');
    });

    test('the function has a host name of its own', async () => {
      const port = await lab.port();
      const request = httpRequest({ host: '127.0.0.1', port, path: '/deep/path?x=1', method: 'PUT', headers: { host: `heart.localhost:${port}` } });
      request.end('not json');
      const [response] = await once(request, 'response');
      let text = '';
      for await (const chunk of response) text += chunk;
      expect(JSON.parse(text)).toMatchObject({ rawPath: '/deep/path', rawQueryString: 'x=1', requestContext: { http: { method: 'PUT' }, domainName: 'heart.localhost' }, isBase64Encoded: true });
      expect(JSON.parse(text).headers).not.toHaveProperty('x-forwarded-prefix');
    });
  });
}

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
    await until('the worker ends', () => isGone(first.json.pid));
    const next = await lab.ask('sleepy', {});
    expect(next.json.pid).not.toBe(first.json.pid);
    expect(next.coldMs).toBeGreaterThan(5);
  });
});

describe('a model that does not start', () => {
  let lab: Lab;
  beforeAll(() => void (lab = new Lab()));
  afterAll(() => lab.close());

  test.each([
    ['raise', 'init-error', /no such model/, 502],
    ['exit', 'init-error', /exit code 7/, 502],
    ['sleep:600', 'init-timeout', /not loaded within 1 s/, 504],
  ])('%s', async (init, kind, message, status) => {
    const { draft, supplies } = lab.supply('heart', { settings: { timeout: 1, env: { LAB_INIT: init } } });
    const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 1 }, { name: 'heart', supplies });
    const answer = await lab.ask('heart', {}, done.candidate!.number);
    expect(answer).toMatchObject({ status, json: { type: `urn:mlfn:${kind}`, detail: expect.stringMatching(message) } });
    await provider.discard(lab.ctx, lab.config, done);
    await until('nothing of it runs', () => readdirSync(lab.layout.workers).length === 0);
  });

  test('one that talks while it loads, and one that needs longer than the first ten seconds', async () => {
    await lab.deploy('talker', { settings: { env: { LAB_INIT: 'print' } } });
    expect((await lab.ask('talker', {})).json.version).toBe('one');
    expect((await readLogs(lab, 'talker')).map((line) => line.text)).toContain('a model that talks while it is loaded');
    await lab.deploy('slow', { settings: { timeout: 30, env: { LAB_INIT: 'sleep:11' } } });
    expect((await lab.ask('slow', {})).json.version).toBe('one');
    expect((await readLogs(lab, 'slow')).some((line) => line.text.startsWith('init-timeout'))).toBe(true);
  });

  test('an interpreter that is gone is named', async () => {
    const { draft, supplies } = lab.supply('lost', { interpreter: path.join(lab.root, 'no/python') });
    const done = await provider.apply(lab.ctx, lab.config, { kind: 'publish', draft, expect: 1 }, { name: 'lost', supplies });
    const { json, status } = await lab.ask('lost', {}, 1);
    expect(status).toBe(502);
    expect(json.detail).toMatch(/Python 3.12 \(.*no\/python\)/);
    await provider.discard(lab.ctx, lab.config, done);
  });
});
