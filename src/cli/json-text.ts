/** Indents valid JSON by changing white space only: every number stays as it was written. */
export function indentJson(json: string): string {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  let depth = 0;
  let text = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, i) => {
    const opens = token === '[' || token === '{';
    const closes = token === ']' || token === '}';
    const before = tokens[i - 1];
    if (closes) depth -= 1;
    if (before === ',' || ((before === '[' || before === '{') && !closes) || (closes && before !== '[' && before !== '{')) text += line();
    text += token === ':' ? ': ' : token;
    if (opens) depth += 1;
  });
  return text;
}
