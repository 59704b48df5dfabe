/**
 * Who may call a Function URL. AuthType NONE: everyone, when the resource policy allows everyone both actions. AWS_IAM: who signs
 * rightly, and is of the function's account (whose own policies then decide: ministack's `auth`), or is allowed both by the
 * resource policy.
 * Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs"; IAM User Guide, "Signature Version 4".
 */
import { createHash, createHmac } from 'node:crypto';
import { GetPolicyCommand } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clients } from '../clients.ts';
import { ACCESS_KEY, ACCOUNT, SECRET_KEY } from '../credentials.ts';
import type { Exchange, Rule } from './rule.ts';
import type { Urls } from './urls.ts';
import type { Refusal } from './wire.ts';

interface Statement {
  Effect: string;
  Action: string;
  Principal: '*' | { AWS?: string };
  Condition?: { StringEquals?: Record<string, string>; Bool?: Record<string, string> };
}

const BOTH = ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'];
const FORBIDDEN: Refusal = {
  status: 403,
  code: 'AccessDeniedException',
  message: 'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
};
const WRONG_SIGNATURE: Refusal = {
  status: 403,
  code: 'InvalidSignatureException',
  message: 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. ' +
    'Consult the service documentation for details.',
};

export function urlAccessRule(cloud: Clients, urls: Urls): Rule {
  return {
    check: async (exchange) => {
      const url = urls.of(exchange);
      if (exchange.call.service !== 'url' || !url) return undefined;
      if (url.auth === 'AWS_IAM') {
        if (exchange.call.accessKey === '') return FORBIDDEN;
        if (!(await signedRightly(exchange))) return WRONG_SIGNATURE;
        if (accountOf(exchange.call.accessKey) === ACCOUNT) return undefined;
      }
      const policy = await cloud.lambda.send(new GetPolicyCommand({ FunctionName: url.name, Qualifier: url.qualifier })).catch(() => null);
      const statements = (JSON.parse(policy?.Policy ?? '{"Statement":[]}') as { Statement: Statement[] }).Statement;
      const caller = url.auth === 'NONE' ? '*' : accountOf(exchange.call.accessKey);
      return BOTH.every((action) => statements.some((one) => allows(one, action, caller, url.auth))) ? undefined : FORBIDDEN;
    },
  };
}

/** Twelve digits are the root of that account, as in ministack. */
function accountOf(accessKey: string): string {
  return /^\d{12}$/.test(accessKey) ? accessKey : ACCOUNT;
}

function allows({ Effect, Action, Principal, Condition }: Statement, action: string, caller: string, auth: string): boolean {
  const named = Principal === '*' ? '*' : (Principal.AWS ?? '');
  const auths = Condition?.StringEquals?.['lambda:FunctionUrlAuthType'];
  const viaUrl = Condition?.Bool?.['lambda:InvokedViaFunctionUrl'] ?? 'true';
  return Effect === 'Allow' && Action === action && (named === '*' || named === caller || named.includes(`::${caller}:root`)) &&
    (auths === undefined || auths === auth) && viaUrl === 'true';
}

/** True too for a key whose secret only ministack knows. */
async function signedRightly({ call, headers, body }: Exchange): Promise<boolean> {
  if (call.accessKey !== ACCESS_KEY && !/^\d{12}$/.test(call.accessKey)) return true;
  const authorization = headers.authorization ?? '';
  const names = (/SignedHeaders=([^,\s]+)/.exec(authorization)?.[1] ?? '').split(';');
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date']));
  if (!date) return false;
  const { pathname, searchParams } = new URL(call.url, 'http://gate');
  const query: Record<string, string[]> = {};
  for (const [name, value] of searchParams) (query[name] ??= []).push(value);
  const signer = new SignatureV4({
    service: 'lambda',
    region: call.region,
    credentials: { accessKeyId: call.accessKey, secretAccessKey: SECRET_KEY },
    sha256: Sha256 as never,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: call.method, protocol: 'https:', hostname: String(headers.host), path: pathname, query, body,
      headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
    },
    { signingDate: new Date(Date.UTC(+date[1]!, +date[2]! - 1, +date[3]!, +date[4]!, +date[5]!, +date[6]!)), signableHeaders: new Set(names), unsignableHeaders: new Set() },
  );
  const signatureOf = (text: string) => /Signature=([0-9a-f]+)/.exec(text)?.[1];
  return signatureOf(signed.headers['authorization'] ?? '') === signatureOf(authorization);
}

/** What the signer asks of a hash. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}
