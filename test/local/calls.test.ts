import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning, Lab, readLogs, until } from './lab.ts';

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
      expect(isRunning(child)).toBe(true);
      await Promise.all([lab.ask('heart', { do: 'sleep', seconds: 30 }), lab.ask('heart', { do: 'sleep', seconds: 30 })]);
      await until('the worker and its child are gone', () => !isRunning(pid) && !isRunning(child));
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
