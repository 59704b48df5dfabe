/**
 * Which function's URL a call is for: what the answers about URLs said. A deleted function takes its URLs with it, as on AWS
 * (Lambda API Reference, "DeleteFunction"); ministack keeps them for the next function of that name.
 */
import { DeleteFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import type { Clients } from '../clients.ts';
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

export function knownUrls(cloud: Clients): Urls {
  const known = new Map<string, FunctionUrl>();
  return {
    of: ({ headers }) => known.get((headers.host ?? '').split(':')[0] as string),
    check: () => undefined,
    learn: async ({ call }, { status, body }) => {
      const { name, qualifier } = functionOf(call);
      if (call.name === 'lambda:DeleteFunction' && qualifier === undefined && status < 300) {
        for (const [host, url] of known) {
          if (url.name !== name) continue;
          known.delete(host);
          await cloud.lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName: name, Qualifier: url.qualifier })).catch(() => null);
        }
      }
      if (call.service !== 'lambda' || status >= 300 || !/^(Create|Get|Update)FunctionUrlConfig$/.test(call.operation)) return;
      const { FunctionUrl, AuthType } = JSON.parse(body.toString()) as { FunctionUrl: string; AuthType: string };
      known.set(hostOf(FunctionUrl), { name, qualifier, auth: AuthType });
    },
  };
}
