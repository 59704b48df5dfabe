/** A function's log, read from its files: it works with and without a daemon. */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../events.ts';
import type { LogLine } from '../../live.ts';
import { journalFile, journalNumbers } from './daemon/journal.ts';
import { isMissing } from './files.ts';
import { functionFolder, layoutOf } from './layout.ts';

const POLL_MS = 200;
const CHUNK = 256 * 1024;

interface Place {
  number: number;
  offset: number;
}

/** The last `lines`, then, with `follow`, each new one until `ctx.signal` ends it. */
export async function* logs(
  ctx: Context,
  name: string,
  { follow, lines }: { follow: boolean; lines: number },
): AsyncIterable<LogLine> {
  const { logs: folder } = functionFolder(layoutOf(ctx.home.local), name);
  const last: LogLine[] = [];
  const place: Place = { number: (await journalNumbers(folder))[0] ?? 1, offset: 0 };
  for await (const line of readOn(folder, place)) {
    last.push(line);
    if (last.length > lines) last.shift();
  }
  yield* last;
  if (!follow) return;
  while (!ctx.signal.aborted) {
    await sleep(POLL_MS, undefined, { signal: ctx.signal }).catch(() => undefined);
    yield* readOn(folder, place);
  }
}

/** All whole lines from `place` on, across files; moves it along. */
async function* readOn(folder: string, place: Place): AsyncIterable<LogLine> {
  for (;;) {
    // Looked up first: a file that is not the newest gets no more lines once it was read to its end.
    const next = (await journalNumbers(folder)).find((number) => number > place.number);
    yield* readFileOn(journalFile(folder, place.number), place);
    if (next === undefined) return;
    place.number = next;
    place.offset = 0;
  }
}

async function* readFileOn(file: string, place: Place): AsyncIterable<LogLine> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (handle === null) return;
  try {
    let rest = Buffer.alloc(0);
    const buffer = Buffer.alloc(CHUNK);
    for (let at = place.offset; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = text.lastIndexOf(10) + 1;
      rest = text.subarray(end);
      place.offset += end;
      for (const line of text.subarray(0, end).toString().split('\n')) {
        const parsed = parse(line);
        if (parsed !== null) yield parsed;
      }
    }
  } finally {
    await handle.close();
  }
}

/** Null for what a killed daemon left of its last line. */
function parse(line: string): LogLine | null {
  try {
    return line === '' ? null : (JSON.parse(line) as LogLine);
  } catch {
    return null;
  }
}
