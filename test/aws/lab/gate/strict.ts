/** All rules, in the order in which AWS checks: the request itself, then what it names, then the state it meets. */
import { type Clients, clientsOf } from '../clients.ts';
import { ACCOUNT } from '../credentials.ts';
import { aliasRule } from './alias.ts';
import { codeSourceRule } from './code-source.ts';
import { httpApiRule } from './http-api.ts';
import { imagesRule } from './images.ts';
import { logTailRule } from './log-tail.ts';
import { ownerRule } from './owner.ts';
import { pendingRule } from './pending.ts';
import { rangesRule } from './ranges.ts';
import { registryRule } from './registry.ts';
import { revisionRule } from './revision.ts';
import { roleRule } from './role.ts';
import type { Rule } from './rule.ts';
import { urlAccessRule } from './url-access.ts';
import { knownUrls } from './urls.ts';
import { weightsRule } from './weights.ts';

/** `env`: of what stands behind the gate; the rules ask there, past the record. @param wholeImages as of `imagesRule` */
export function strictRules(env: Record<string, string>, { wholeImages = false }: { wholeImages?: boolean } = {}): Rule[] {
  const cloud: Clients = clientsOf(env);
  const urls = knownUrls(cloud);
  const images = imagesRule(cloud, env['AWS_ENDPOINT_URL'] as string, wholeImages);
  const ofAccount = [images, roleRule(cloud), codeSourceRule(cloud), aliasRule(cloud), pendingRule(cloud), revisionRule(cloud), httpApiRule(cloud)].map(inAccount);
  return [registryRule(), rangesRule(), ownerRule(), ...ofAccount, urls, urlAccessRule(cloud, urls), weightsRule(cloud, urls), inAccount(logTailRule(cloud))];
}

/** The rules ask as the lab's account: another account's calls are ministack's alone. */
function inAccount(rule: Rule): Rule {
  const other = (key: string) => /^\d{12}$/.test(key) && key !== ACCOUNT;
  return {
    check: (exchange) => (other(exchange.call.accessKey) ? undefined : rule.check(exchange)),
    learn: (exchange, answer) => (other(exchange.call.accessKey) ? undefined : rule.learn?.(exchange, answer)),
  };
}
