/** What would make a local deploy fail, found before anything is made. */
import { mkdir, statfs, access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { MlfnError } from '../../errors.ts';
import type { Context } from '../../events.ts';
import type { Finding } from '../../types.ts';
import type { LocalConfig } from './config.ts';
import { findDaemon, portTaken } from './daemon-client.ts';
import { layoutOf, type Layout } from './layout.ts';

/** A plain scikit-learn package is 256 MiB unpacked (measured). */
const ROOM_BYTES = 512 * 1024 * 1024;

export async function preflight(ctx: Context, config: LocalConfig): Promise<Finding[]> {
  const layout = layoutOf(ctx.home.local);
  return [...(await diskFindings(layout)), ...(await daemonFindings(layout, config))];
}

async function diskFindings(layout: Layout): Promise<Finding[]> {
  try {
    await mkdir(layout.root, { recursive: true });
    await access(layout.root, constants.W_OK);
  } catch (error) {
    const message = `${layout.root} cannot be written to (${(error as NodeJS.ErrnoException).code}).`;
    return [{ severity: 'error', code: 'home-not-writable', message, hint: 'Set MLFN_HOME to a folder of your own.' }];
  }
  const { bavail, bsize } = await statfs(layout.root);
  const free = bavail * bsize;
  if (free >= ROOM_BYTES) return [];
  const message = `The disk of ${layout.root} has ${Math.floor(free / 1e6)} MB left.`;
  return [{ severity: 'warning', code: 'disk-nearly-full', message, hint: 'A package can need 500 MB: make room first.' }];
}

async function daemonFindings(layout: Layout, config: LocalConfig): Promise<Finding[]> {
  try {
    const daemon = await findDaemon(layout);
    if (daemon !== null && (config.port ?? daemon.port) !== daemon.port) {
      const message = `The local daemon serves on port ${daemon.port}, not on ${config.port}.`;
      return [{ severity: 'error', code: 'port-differs', message, hint: 'Run `mlfn stop` first, or leave `port` out.' }];
    }
    if (daemon !== null || config.port === undefined || (await isFree(config.port))) return [];
    const { message, hint } = portTaken(config.port);
    return [{ severity: 'error', code: 'port-taken', message, hint }];
  } catch (error) {
    if (!(error instanceof MlfnError)) throw error;
    return [{ severity: 'error', code: 'daemon-silent', message: error.message, hint: error.hint }];
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
