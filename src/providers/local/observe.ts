/** What there is, read from the disk: it needs no daemon and starts none. */
import type { Live } from '../../live.ts';
import type { LocalConfig } from './config.ts';
import type { DaemonInfo } from './daemon-info.ts';
import { readJson } from './files.ts';
import { functionFolder, type Layout } from './layout.ts';
import { functionNames, isAbandoned, readLive, readReleases, toRelease } from './records.ts';

const DEFAULT_PORT = 8750;

export async function observe(layout: Layout, config: LocalConfig, name: string): Promise<Live | null> {
  const folder = functionFolder(layout, name);
  const stored = await readReleases(folder);
  if (stored.length === 0) return null;
  const verified = stored.filter((each) => each.verified !== null);
  const candidates = stored
    .filter((each) => each.verified === null)
    .map(async (each) => ({ number: each.record.number, digest: each.record.digest, abandoned: await isAbandoned(each) }));
  const pointer = await readLive(folder);
  const live = verified.some((each) => each.record.number === pointer?.number) ? pointer!.number : null;
  return {
    name,
    target: 'local',
    url: urlOf(await knownPort(layout, config), name),
    live,
    releases: verified.map(toRelease),
    candidates: await Promise.all(candidates),
  };
}

export async function list(layout: Layout, config: LocalConfig): Promise<Live[]> {
  const found = await Promise.all((await functionNames(layout)).map((name) => observe(layout, config, name)));
  // A function of which only a killed first deploy is left is none yet.
  return found.filter((each) => each !== null).filter((each) => each.releases.length > 0);
}

function urlOf(port: number, name: string): string {
  return `http://127.0.0.1:${port}/${name}/`;
}

/** Of the daemon that runs, else of the last one. */
async function knownPort(layout: Layout, config: LocalConfig): Promise<number> {
  const running = await readJson<DaemonInfo>(layout.daemonFile);
  return running?.port ?? config.port ?? (await readJson<{ port: number }>(layout.portFile))?.port ?? DEFAULT_PORT;
}
