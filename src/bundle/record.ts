/** RECORD, a wheel's list of what it installs: packaging.python.org/en/latest/specifications/recording-installed-packages */

export const RECORD = /^[^/]+\.dist-info\/RECORD$/;

/** Keeps the RECORD lines of shipped files, sorted: installers add their own lines in their own order. */
export function shippedRecord(text: string, shipped: Set<string>): string {
  const lines = text.split(/\r?\n/).map(installed).filter((line) => shipped.has(recordPath(line)));
  return `${lines.sort().join('\n')}\n`;
}

/** What a wheel has in NAME.data/SCHEME/ an installer records where it put it. */
function installed(line: string): string {
  return line.replace(/^("?)[^/,"]+\.data\/(?:purelib|platlib|data)\//, '$1');
}

/** The first field of a RECORD line (CSV; a path with a comma or a quote is quoted). */
export function recordPath(line: string): string {
  if (!line.startsWith('"')) return line.slice(0, Math.max(line.indexOf(','), 0));
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1] ?? '';
  return quoted.replaceAll('""', '"');
}
