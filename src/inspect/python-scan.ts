/** What a Python file defines at its top level, by looking at its text: no interpreter is asked. */

/** A block that runs when the module is imported, so that names defined in it belong to the module. */
const BLOCK = /^(if|elif|else|try|except|finally|with|for|while)\b/;

/** Whether `name` is a class, function, variable or import of the module. False alarms are possible, misses are rare. */
export function definesName(source: string, name: string): boolean {
  const escaped = name.replaceAll(/[^\p{L}\p{N}_]/gu, '');
  const definition = new RegExp(`^(?:async\\s+)?(?:def|class)\\s+${escaped}(?![\\p{L}\\p{N}_])|^${escaped}\\s*(?::[^=]*)?=(?!=)|^(?:from\\s+\\S+\\s+)?import\\s.*(?<![\\p{L}\\p{N}_.])${escaped}(?![\\p{L}\\p{N}_])`, 'u');
  return topLevel(source).some((line) => definition.test(line));
}

/** Whether the module defines a class or function of this name itself. */
export function definesClass(source: string, name: string): boolean {
  const definition = new RegExp(`^(?:async\\s+)?(?:def|class)\\s+${name.replaceAll(/[^\p{L}\p{N}_]/gu, '')}(?![\\p{L}\\p{N}_])`, 'u');
  return topLevel(source).some((line) => definition.test(line));
}

/** Logical lines that the module itself runs, without strings, comments and the bodies of functions and classes. */
function topLevel(source: string): string[] {
  const bare = source
    .replace(/^\uFEFF/, '')
    .replaceAll(/("""|''')(?:\\[^]|(?!\1)[^])*\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g, (match) => (match.startsWith('#') ? '' : '""'))
    .replaceAll(/\\\r?\n/g, ' ')
    .replaceAll(/\(([^()]*)\)/g, (match) => match.replaceAll(/\s+/g, ' '));
  const lines: string[] = [];
  let inBlock = false;
  let hidden = Infinity;
  for (const line of bare.split(/\r?\n/)) {
    const text = line.trim();
    if (text === '') continue;
    const indent = line.length - line.trimStart().length;
    if (indent === 0) inBlock = BLOCK.test(text);
    if (indent <= hidden) hidden = Infinity;
    if (indent > hidden || (indent > 0 && !inBlock)) continue;
    lines.push(text);
    if (/^(?:async\s+def|def|class)\b/.test(text)) hidden = indent;
  }
  return lines;
}
