import { access } from 'node:fs/promises';
import type { Check, Diagnosis } from './check.ts';

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'];
const INDEXES = ['UV_DEFAULT_INDEX', 'UV_INDEX_URL', 'UV_INDEX', 'PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'UV_OFFLINE'];
const CERTIFICATES = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'];

/** What stands between this machine and the package index, as set by variables. Nothing is asked over the network. */
export const network: Check = {
  name: 'network',
  run: async ({ env }) => {
    const notes: Diagnosis[] = [...PROXIES, ...INDEXES].flatMap((name) => {
      const value = env[name];
      return value ? [{ state: 'note' as const, text: `${name}=${withoutPassword(value)}` }] : [];
    });
    for (const name of CERTIFICATES) {
      const file = env[name];
      if (!file) continue;
      const there = await access(file).then(() => true, () => false);
      notes.push(
        there
          ? { state: 'note', text: `${name}=${file}` }
          : { state: 'warn', text: `${name}=${file} is not there`, mend: `Mend or unset ${name}.` },
      );
    }
    return notes.length === 0 ? [{ state: 'ok', text: 'no proxy, package index or certificates set by variables' }] : notes;
  },
};

function withoutPassword(value: string): string {
  return value.replace(/\/\/[^/@\s]+@/g, '//***@');
}
