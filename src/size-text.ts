const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Bytes for people, 1 KB = 1024 B: `3.6 KB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
