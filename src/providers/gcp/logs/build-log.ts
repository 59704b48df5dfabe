/** Why a build failed: of some hundred lines of Cloud Build's log, those that say it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Session } from '../session.ts';
import { entriesOf, quoted } from './entries.ts';
import { textOf } from './lines.ts';

const MOST = 8;
/** The last entries become visible some seconds after the end. */
const LATE_MS = 8000;
const POLL_MS = 1500;
const PREFIX = /^Step #\d+(?: - "[^"]*")?: ?/;
/** What a tool or Python says of its own failure. */
const TELLS = /^\s*(?:ERROR|error|Error|FATAL|fatal|Failure)\b|^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b|^\s*× |No matching distribution|DO NOT MATCH THE HASHES|^missing main\.py|does not define the entry point/;
/** What is said of every failure, and of none in particular. */
const SAYS_NOTHING = /subprocess-exited-with-error|failed to build: exit status|build step \d+ |^\s*ERROR:?$|metadata-generation-failed/;

/** @param build `projects/1/locations/r/builds/ID`, or the id. Empty where there is no log, or it may not be read. */
export async function buildFailure(session: Session, build: string): Promise<string[]> {
  const filter = `resource.type="build" AND resource.labels.build_id=${quoted(build.split('/').at(-1) ?? build)}`;
  const until = performance.now() + LATE_MS;
  for (;;) {
    const entries = await entriesOf(session, { filter }).catch((error: unknown) => {
      if (session.ctx.signal.aborted) throw error;
      return null;
    });
    if (entries === null) return [];
    const lines = linesThatMatter(entries.flatMap((entry) => textOf(entry).split('\n')));
    if (lines.length > 0 || performance.now() > until) return lines;
    await pause(POLL_MS, undefined, { signal: session.ctx.signal });
  }
}

/** In their order, each once; none where no line says that something failed. */
export function linesThatMatter(log: readonly string[]): string[] {
  const lines = log.map((line) => line.replace(PREFIX, '').trimEnd());
  const telling = lines.filter((line) => TELLS.test(line));
  const saying = telling.filter((line) => !SAYS_NOTHING.test(line));
  const chosen = saying.length > 0 ? saying : telling;
  return [...new Set(chosen.map((line) => line.trim()))].slice(-MOST);
}
