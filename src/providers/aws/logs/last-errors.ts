/** What went wrong lately, for `mlfn status`. */
import type { Context } from '../../../events.ts';
import type { LogLine } from '../../../live.ts';
import type { AwsConfig } from '../config.ts';
import { logs } from './logs.ts';

const DAY_MS = 86_400_000;
const LOOKED_AT = 500;
const MOST = 3;
/** The last row of a traceback, the runtime's own report, or Lambda's of a timeout. */
const SAID = /^(\[ERROR\] .*|([\w.]+\.)?\w*(Error|Exception)(:.*)?|.*Task timed out after .*)$/;

/** Errors of a release among the last lines, of a day at most, oldest first; a traceback is told by its exception. */
export async function lastErrors(ctx: Context, config: AwsConfig, name: string, release: number): Promise<LogLine[]> {
  const errors: LogLine[] = [];
  const since = Date.now() - DAY_MS;
  for await (const line of logs(ctx, config, name, { follow: false, lines: LOOKED_AT })) {
    const text = line.text.split('\n').findLast((row) => SAID.test(row.trim()));
    if (text !== undefined && line.release === release && Date.parse(line.time) > since) errors.push({ ...line, text: text.trim() });
  }
  return errors.slice(-MOST);
}
