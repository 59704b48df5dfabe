/** PyTorch puts all members of its archives below one folder, which is called as the file was. */

/** The member of this name, at the top or below one folder; null where there is none. */
export function memberAt(names: ReadonlySet<string>, wanted: string): string | null {
  if (names.has(wanted)) return wanted;
  return [...names].find((name) => name.endsWith(`/${wanted}`) && name.indexOf('/') === name.length - wanted.length - 1) ?? null;
}
