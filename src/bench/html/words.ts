/** Figures and text as they stand on the page. */

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** `0.86 ms`, `12 ms`, `1.4 s` */
export function msText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
}

export function dollarText(dollars: number): string {
  return `$${dollars >= 1 || dollars === 0 ? dollars.toFixed(2) : dollars.toPrecision(2)}`;
}

export function perSecondText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** For coordinates: as many digits as can be seen. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
