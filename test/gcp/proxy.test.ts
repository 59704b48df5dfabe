/** A company's proxy: whatever is said to Google goes through it, by whichever letters its variables are written. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultsLab } from './faults-lab.ts';

let lab: FaultsLab;
let proxy: string;
const tunnels: string[] = [];
const server = createServer((_, response) => response.writeHead(502).end());
server.on('connect', (request, socket) => {
  tunnels.push(request.url ?? '');
  const [host = '', port = ''] = (request.url ?? '').split(':');
  const through = connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    through.pipe(socket).pipe(through);
  });
  for (const [one, other] of [[socket, through], [through, socket]] as const) one.on('error', () => other.destroy());
});

beforeAll(async () => {
  lab = await FaultsLab.open('run');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await lab?.close();
});

const run = () => new URL(lab.gcp.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN'] ?? '').host;

test.each([['HTTPS_PROXY'], ['https_proxy']])('Cloud Run is asked through %s', async (variable) => {
  tunnels.length = 0;
  const { code, stderr } = await lab.begin(lab.on(['status']), { env: { NO_PROXY: '', no_proxy: '', HTTPS_PROXY: '', https_proxy: '', [variable]: proxy } }).done;
  expect(code, stderr).toBe(0);
  expect(tunnels).toContain(run());
});

test('and not where NO_PROXY names it', async () => {
  tunnels.length = 0;
  const { code, stderr } = await lab.begin(lab.on(['status']), { env: { HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1,localhost' } }).done;
  expect(code, stderr).toBe(0);
  expect(tunnels).toEqual([]);
});
