/** Which port the daemon takes. */
import { isErrno, readJson } from '../files.ts';
import type { Layout } from '../layout.ts';
import type { FrontDoor } from './server.ts';

const DEFAULT_PORT = 8750;
const TRIES = 50;

/** The port that was asked for and no other; else the last one, the default one, or the next that is free. */
export async function choosePort(door: FrontDoor, asked: number | null, layout: Layout): Promise<boolean> {
  if (asked !== null) return listens(door, asked);
  const last = (await readJson<{ port: number }>(layout.portFile))?.port;
  const others = Array.from({ length: TRIES }, (_, index) => DEFAULT_PORT + index);
  for (const port of last === undefined ? others : [last, ...others]) {
    if (await listens(door, port)) return true;
  }
  return false;
}

async function listens(door: FrontDoor, port: number): Promise<boolean> {
  try {
    await door.listen(port);
    return true;
  } catch (error) {
    // EACCES: a privileged port, or a range that Windows keeps for itself.
    if (isErrno(error, 'EADDRINUSE') || isErrno(error, 'EACCES')) return false;
    throw error;
  }
}
