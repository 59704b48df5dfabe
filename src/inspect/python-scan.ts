/** What a Python file defines at its top level, by looking at its text: no interpreter is asked. */

/** A block that runs when the module is imported, so that names defined in it belong to the module. */
const BLOCK = /^(if|elif|else|try|except|finally|with|for|while)\b/;
const END = String.raw`(?![\p{L}\p{N}_])`;

/** What it is there: its own class, its own function, or some other name (a variable, an import). */
export type Definition = 'class' | 'function' | 'name';

/** How the module comes by `name`; null when it does not, or hides it too well for a look at the text. */
export function definitionOf(source: string, name: string): Definition | null {
  const escaped = name.replaceAll(/[^\p{L}\p{N}_]/gu, '');
  // A named tuple is a class, however it is written.
  const type = new RegExp(`^class\\s+${escaped}${END}|^${escaped}\\s*=\\s*(?:collections\\.)?namedtuple\\(`, 'u');
  const callable = new RegExp(`^(?:async\\s+)?def\\s+${escaped}${END}`, 'u');
  const other = new RegExp(`^${escaped}\\s*(?::[^=]*)?=(?!=)|^(?:from\\s+\\S+\\s+)?import\\s.*(?<![\\p{L}\\p{N}_.])${escaped}${END}`, 'u');
  const lines = topLevel(source);
  if (lines.some((line) => type.test(line))) return 'class';
  if (lines.some((line) => callable.test(line))) return 'function';
  return lines.some((line) => other.test(line)) ? 'name' : null;
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
