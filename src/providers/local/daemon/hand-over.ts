/** Starts a successor and gives it the listening socket: no connection is refused meanwhile. */
import { once } from 'node:events';
import type { StartMessage, StartRequest } from '../daemon-info.ts';
import type { Layout } from '../layout.ts';
import { spawnDaemon, type Program } from '../spawn.ts';
import type { FrontDoor } from './server.ts';

const LIMIT_MS = 60_000;

export async function handOver(program: Program, request: StartRequest, door: FrontDoor, layout: Layout): Promise<void> {
  const successor = spawnDaemon(program, request, layout.daemonLog);
  const next = async (wanted: StartMessage['type']): Promise<void> => {
    const gone = once(successor, 'exit').then(() => Promise.reject(new Error('the successor ended')));
    const [message] = (await Promise.race([
      once(successor, 'message', { signal: AbortSignal.timeout(LIMIT_MS) }),
      gone,
    ])) as [StartMessage];
    if (message.type !== wanted) throw new Error(`the successor said ${message.type}`);
  };
  try {
    await next('prepared');
    const ready = next('ready');
    successor.send({ type: 'listener' }, door.listener);
    await ready;
  } catch (error) {
    successor.kill('SIGKILL');
    throw error;
  }
  if (successor.connected) successor.disconnect();
  successor.unref();
}
