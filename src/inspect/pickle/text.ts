/** The text forms of protocol 0, decoded as Python's unpickler decodes them; undefined where Python would refuse. */
const SIMPLE: Record<string, string> = {
  '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\n': '',
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8; undefined when it is not (Python's lone surrogates included: no name of a module holds one). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** STRING: a quoted Python 2 literal. Non-ASCII text is undefined: what it becomes depends on the loader's settings. */
export function decodeQuoted(line: string): string | undefined {
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) return undefined;
  let text: string | undefined = '';
  for (let at = 1; at < line.length - 1; at += 1) {
    const char = line[at] ?? '';
    if (char !== '\\') {
      text += char;
      continue;
    }
    const escape = /^(?:x([0-9a-fA-F]{2})|([0-7]{1,3}))/.exec(line.slice(at + 1, Math.min(at + 4, line.length - 1)));
    const next = line[at + 1] ?? '';
    if (escape !== null) {
      text += String.fromCharCode(escape[1] === undefined ? Number.parseInt(escape[2] ?? '', 8) & 0xff : Number.parseInt(escape[1], 16));
      at += escape[0].length;
    } else if (next === 'x' || at + 1 === line.length - 1) {
      return undefined;
    } else {
      text += SIMPLE[next] ?? `\\${next}`;
      at += 1;
    }
  }
  // oxlint-disable-next-line no-control-regex -- ASCII is what is meant
  return /^[\x00-\x7f]*$/.test(text) ? text : undefined;
}

/** UNICODE: Latin-1 in which only \uXXXX and \UXXXXXXXX are escapes, and a backslash takes its follower along. */
export function decodeRawUnicode(line: string): string | undefined {
  let text = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    const next = line[at + 1];
    if (char !== '\\' || next === undefined) {
      text += char;
    } else if (next === 'u' || next === 'U') {
      const digits = line.slice(at + 2, at + 2 + (next === 'u' ? 4 : 8));
      const point = /^([0-9a-fA-F]{4}|[0-9a-fA-F]{8})$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
      if (digits.length !== (next === 'u' ? 4 : 8) || !(point <= 0x10ffff)) return undefined;
      text += String.fromCodePoint(point);
      at += 1 + digits.length;
    } else {
      text += char + next;
      at += 1;
    }
  }
  return text;
}

/** Little-endian two's complement. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return narrow(BigInt.asIntN(Math.max(1, bytes.length * 8), value));
}

/** INT and LONG; `I01` and `I00` are the booleans of protocols 0 and 1. Undefined for what is not a plain decimal. */
export function decodeDecimal(line: string): number | bigint | boolean | undefined {
  if (line === '01') return true;
  if (line === '00') return false;
  const digits = line.endsWith('L') ? line.slice(0, -1) : line;
  return /^-?\d{1,1000}$/.test(digits) ? narrow(BigInt(digits)) : undefined;
}

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
