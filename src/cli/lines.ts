const WIDTH = 6;

/** `label  text`, further lines of the text and the hint below it in the same column. */
export function labelled(paint: (text: string) => string, label: string, text: string, hint?: string): string[] {
  const pad = ' '.repeat(WIDTH + 1);
  const [first = '', ...rest] = text.split('\n');
  const below = hint === undefined ? rest : [...rest, ...hint.split('\n')];
  return [`${paint(label.padEnd(WIDTH))} ${first}`, ...below.map((line) => `${pad}${line}`)];
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, String(cell).length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (typeof cell === 'number' ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
