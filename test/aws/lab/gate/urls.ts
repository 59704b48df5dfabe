/** Which function's URL a call is for: what the answers about URLs said. */
import type { Exchange, Rule } from './rule.ts';
import { functionOf } from './rule.ts';

interface FunctionUrl {
  name: string;
  qualifier: string | undefined;
  auth: string;
}

export interface Urls extends Rule {
  of(exchange: Exchange): FunctionUrl | undefined;
}

export function hostOf(url: string): string {
  return new URL(url).hostname;
}

export function knownUrls(): Urls {
  const known = new Map<string, FunctionUrl>();
  return {
    of: ({ headers }) => known.get((headers.host ?? '').split(':')[0] as string),
    check: () => undefined,
    learn: ({ call }, { status, body }) => {
      if (call.service !== 'lambda' || status >= 300 || !/^(Create|Get|Update)FunctionUrlConfig$/.test(call.operation)) return;
      const { FunctionUrl, AuthType } = JSON.parse(body.toString()) as { FunctionUrl: string; AuthType: string };
      known.set(hostOf(FunctionUrl), { ...functionOf(call), auth: AuthType });
    },
  };
}
