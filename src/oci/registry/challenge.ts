/** What a registry wants to know first: WWW-Authenticate, RFC 9110 11.6.1. */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | null; scope: string | null };

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`, 'y');
const SCHEME = new RegExp(`(${TOKEN})(?:\\s+|$)`, 'y');
const BETWEEN = /[\s,]*/y;

/** Null where it is of neither kind. The better one of several is Bearer. */
export function parseChallenge(header: string | undefined): Challenge | null {
  const all = schemesOf(header ?? '');
  const bearer = all.find(({ name }) => name === 'bearer')?.parameters;
  const realm = bearer?.get('realm');
  if (bearer !== undefined && realm !== undefined && URL.canParse(realm)) {
    return { scheme: 'bearer', realm, service: bearer.get('service') ?? null, scope: bearer.get('scope') ?? null };
  }
  return all.some(({ name }) => name === 'basic') ? { scheme: 'basic' } : null;
}

function schemesOf(text: string): { name: string; parameters: Map<string, string> }[] {
  const found: { name: string; parameters: Map<string, string> }[] = [];
  for (let at = skip(text, 0); at < text.length; at = skip(text, at)) {
    const parameter = match(PARAMETER, text, at);
    const last = found.at(-1);
    if (parameter !== null && last !== undefined) {
      const [whole, name = '', quoted, bare = ''] = parameter;
      last.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
      at += whole.length;
      continue;
    }
    const scheme = match(SCHEME, text, at);
    if (scheme === null) return found;
    found.push({ name: (scheme[1] ?? '').toLowerCase(), parameters: new Map() });
    at += scheme[0].length;
  }
  return found;
}

function skip(text: string, at: number): number {
  return at + (match(BETWEEN, text, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
