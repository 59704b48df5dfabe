/** A lock for whoever installs it elsewhere: a cloud that builds the package itself. */
import { parse } from 'smol-toml';
import { MlfnError } from '../errors.ts';
import type { Lock } from '../types.ts';
import { withoutCredentials } from './credentials.ts';
import { tablesOf } from './toml.ts';

/**
 * requirements.txt for `pip install --require-hashes`: of each package the very wheel that was locked, or none. Which
 * index this machine was told to ask (pip.conf, UV_DEFAULT_INDEX) is not in it: the hashes hold, wherever a wheel comes from.
 * @throws MlfnError RESOLVE_WHEEL_LOCAL
 */
export function requirementsOf(lock: Lock): string {
  const local = lock.packages.filter((one) => one.local);
  if (local.length > 0) {
    const names = local.map((one) => one.wheel).join(', ');
    throw new MlfnError('RESOLVE_WHEEL_LOCAL', `A build elsewhere cannot fetch what lies on this machine: ${names}.`, {
      hint: 'Publish it on an index that the build can reach, or choose a mode of the target that needs no build.',
      details: { wheels: local.map((one) => one.wheel) },
    });
  }
  const lines = lock.packages.map(({ name, version, sha256, url }) => `${name}${url === undefined ? `==${version}` : ` @ ${url}`} --hash=sha256:${sha256}`);
  return `${[...(lock.indexes ?? []), ...lines].join('\n')}\n`;
}

/** The indexes that the project itself names, as options of pip, without passwords. */
export function indexOptions(options: string[], uvConfig: string): string[] {
  const written = options.flatMap((line) => {
    const [, name = '', url = ''] = /^(-i|--index-url|--extra-index-url|-f|--find-links)[\s=]+(https?:\S+)/.exec(line) ?? [];
    return url === '' ? [] : [`${name.replace(/^-i$/, '--index-url').replace(/^-f$/, '--find-links')} ${url}`];
  });
  const table = parse(uvConfig);
  const named = tablesOf(table['index']).map(({ url, default: first }) => `${first === true ? '--index-url' : '--extra-index-url'} ${String(url)}`);
  const texts = (key: string) => [table[key] ?? []].flat().filter((each) => typeof each === 'string');
  const flat = ['index-url', 'extra-index-url', 'find-links'].flatMap((key) => texts(key).map((url) => `--${key} ${url}`));
  return [...new Set([...written, ...named, ...flat].filter((line) => /\shttps?:/.test(line)).map(withoutCredentials))];
}
