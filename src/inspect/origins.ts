/** Settles where every name comes from: the frameworks' allowlist, the user's own files, or nowhere good. */
import path from 'node:path';
import type { GlobalRef, UserClass } from '../card.ts';
import type { Finding } from '../types.ts';
import type { Verdict } from './allow/verdict.ts';
import type { Global } from './pickle/values.ts';
import { findUserClass } from './user-code.ts';

const MOST_FINDINGS = 100;

export interface Origins {
  globals: GlobalRef[];
  userClasses: UserClass[];
  findings: Finding[];
}

export async function originsOf(globals: readonly Global[], folders: readonly string[]): Promise<Origins> {
  const origins: Origins = { globals: [], userClasses: [], findings: [] };
  const seen = new Set<string>();
  for (const each of globals) {
    const { module, name, offset, verdict } = each;
    const own = verdict.role === 'user' ? await userOrigin(each, folders) : null;
    if (own !== null) {
      origins.findings.push(own.finding);
      if (own.found.file !== null || module === '__main__') origins.userClasses.push(own.found);
    } else if (verdict.role === 'forbidden') {
      origins.findings.push(forbidden(module, name, offset, verdict));
    }
    const origin = own === null ? (verdict.role === 'forbidden' ? 'forbidden' : 'framework') : own.found.file === null ? 'forbidden' : 'user';
    // The same Python 2 name can be met twice, under an old and a new protocol.
    if (!seen.has(`${module}\n${name}\n${origin}`)) origins.globals.push({ module, name, offset, origin });
    seen.add(`${module}\n${name}\n${origin}`);
  }
  return { ...origins, findings: capped(origins.findings) };
}

function forbidden(module: string, name: string, offset: number, { reason = 'is not on the allowlist', hint }: Verdict): Finding {
  return {
    severity: 'error',
    code: 'forbidden-global',
    message: `${module}.${name} ${reason}.`,
    hint: hint ?? 'Load this file only if you know who made it and why it needs this; then give --trust.',
    offset,
  };
}

async function userOrigin({ module, name, offset, called }: Global, folders: readonly string[]): Promise<{ found: UserClass; finding: Finding }> {
  const { found, definition, lacking } = await findUserClass(module, name, folders);
  const wanted = `${module}.${name}`;
  if (found.file !== null) {
    const own = `${wanted} is your own, from ${path.basename(found.file)}`;
    // Objects are made without running code of theirs; a function that loading calls does what it likes.
    if (definition === 'function' && called) {
      const hint = 'Look at what it does: the file decides with which arguments it is called.';
      return { found, finding: { severity: 'warning', code: 'user-function-called', message: `${own}, and is called while the model is loaded.`, hint, offset } };
    }
    return { found, finding: { severity: 'info', code: 'user-class', message: `${own}; it travels with the model.`, offset } };
  }
  const file = module === '__main__' ? `the script that defines ${name}` : `${module.replaceAll('.', '/')}.py`;
  return {
    found,
    finding: {
      severity: 'error',
      code: 'user-class-not-found',
      message: lacking === null ? `The model needs ${wanted}, and no file that defines it was found.` : `The model needs ${wanted}, which ${lacking} does not define itself.`,
      hint: `Put ${file} beside the model, or give its folder with --code DIR. If it is of a package you installed and trust, give --trust.`,
      offset,
    },
  };
}

/** A file can name ten thousand bad things; a hundred are enough to read. */
function capped(findings: Finding[]): Finding[] {
  const first = [...findings.filter(({ severity }) => severity === 'error'), ...findings.filter(({ severity }) => severity !== 'error')];
  if (first.length <= MOST_FINDINGS) return first;
  const more = first.length - MOST_FINDINGS;
  return [...first.slice(0, MOST_FINDINGS), { severity: 'warning', code: 'more-findings', message: `${more} more findings are not listed.` }];
}
