/** What never travels: private keys, credentials, and what looks like them. Names are compared without case. */

const SECRET_FOLDERS = new Set(['.git', '.aws', '.ssh', '.gnupg', '.azure', '.kube', '.docker', '.gcloud', '.config']);
const SECRET_NAMES = [
  /^\.env/,
  /\.(env|pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|tfvars)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)/,
  /^[._]netrc$/,
  /^\.(pypirc|npmrc|pgpass|git-credentials|dockercfg|htpasswd|boto|s3cfg)$/,
  /^credentials(\.json)?$/,
  /^client_secret.*\.json$/,
  /^application_default_credentials\.json$/,
  /^service[-_]?account.*\.json$/,
  /^secrets\.(json|toml|ya?ml|ini)$/,
];
/** Made by tools, never part of a program; left out without a word. */
const JUNK_FOLDERS = new Set(['__pycache__', 'node_modules', 'venv', '__MACOSX']);
const JUNK_FILES = /^(\.ds_store|thumbs\.db|\.gitignore|\.mlfnignore|\.gitattributes)$|\.py[co]$/;

export type NameVerdict = 'ship' | 'secret' | 'junk';

export function judgeName(name: string, isFolder: boolean): NameVerdict {
  const lower = name.toLowerCase();
  if (isFolder && SECRET_FOLDERS.has(lower)) return 'secret';
  if (isFolder) return JUNK_FOLDERS.has(name) || name.startsWith('.') ? 'junk' : 'ship';
  if (SECRET_NAMES.some((pattern) => pattern.test(lower))) return 'secret';
  return JUNK_FILES.test(lower) ? 'junk' : 'ship';
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----/;
const ACCOUNT_KEY = /"private_key(_id)?"\s*:/;
/** Well-known forms of tokens, by the words of those who issue them. */
const TOKENS: [string, RegExp][] = [
  ['an AWS access key', /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20}/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20,}/],
  ['a Hugging Face token', /\bhf_[A-Za-z]{34}\b/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a PyPI token', /\bpypi-[A-Za-z0-9_-]{50,}/],
  ['an API key', /\bsk-[A-Za-z0-9_-]{32,}/],
];
const TOKEN_TEXT = /\.(py|json|ya?ml|toml|ini|cfg|conf|txt|md|html?|js)$/i;
const WINDOW = 1 << 20;
/** Longer than the longest thing looked for, so that nothing hides on the seam of two windows. */
const OVERLAP = 512;

export interface Secrets {
  /** `a private key` or `a service account key`, with its line; the file must not travel. */
  key: { what: string; line: number } | null;
  /** Warned about only. Says what and where, never the text itself. */
  tokens: { what: string; line: number }[];
}

/** Looks through a file as it streams by: `see` gets its chunks in order, `end` tells what was there. */
export function secretScanner(file: string): { see(chunk: Buffer): void; end(): Secrets } {
  const json = /\.json$/i.test(file);
  const text = TOKEN_TEXT.test(file);
  const found: Secrets = { key: null, tokens: [] };
  let pending = '';
  let line = 1;

  function look(window: string): void {
    const at = (index: number) => line + count(window.slice(0, index));
    const key = PRIVATE_KEY.exec(window);
    const account = json || /^\s*\{/.test(window) ? ACCOUNT_KEY.exec(window) : null;
    if (key !== null) found.key ??= { what: 'a private key', line: at(key.index) };
    if (account !== null) found.key ??= { what: 'a service account key', line: at(account.index) };
    for (const [what, pattern] of text ? TOKENS : []) {
      for (const match of window.matchAll(new RegExp(pattern, 'g'))) {
        const token = { what, line: at(match.index) };
        if (!found.tokens.some((each) => each.what === what && each.line === token.line)) found.tokens.push(token);
      }
    }
  }

  return {
    see(chunk) {
      pending += chunk.toString('latin1');
      if (pending.length < WINDOW) return;
      look(pending);
      const kept = pending.slice(-OVERLAP);
      line += count(pending.slice(0, -OVERLAP));
      pending = kept;
    },
    end() {
      look(pending);
      return found;
    },
  };
}

function count(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
