/** Access tokens (opaque, with an expiry) and ID tokens (signed JWTs) that the fake hands out and checks. */
import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { errorInfo, Status } from '../status.ts';

const ISSUER = 'https://accounts.google.com';
/** Seconds. Source: https://cloud.google.com/docs/authentication/token-types (access and ID tokens live an hour). */
const LIFETIME = 3600;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = createPublicKey(privateKey);

export interface Claims {
  aud: string;
  email: string;
  exp: number;
  [claim: string]: unknown;
}

export class Tokens {
  readonly #access = new Map<string, { member: string; expires: number }>();

  /** `member`: `serviceAccount:...` or `user:...`. */
  access(member: string, lifetime = LIFETIME): string {
    const token = `ya29.fake-${randomBytes(18).toString('base64url')}`;
    this.#access.set(token, { member, expires: Date.now() + lifetime * 1000 });
    return token;
  }

  /** Every access token handed out so far is refused from now on. */
  expireAll(): void {
    for (const token of this.#access.values()) token.expires = 0;
  }

  /** The member of an Authorization header. Throws UNAUTHENTICATED. Source: https://cloud.google.com/apis/design/errors */
  memberOf(authorization: string | undefined, service: string): string {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      const message = 'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
      throw new Status('UNAUTHENTICATED', message, [errorInfo('CREDENTIALS_MISSING', 'googleapis.com', { service })]);
    }
    const known = this.#access.get(token);
    if (known && known.expires > Date.now()) return known.member;
    const message = 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
    throw new Status('UNAUTHENTICATED', message, [errorInfo(known ? 'ACCESS_TOKEN_EXPIRED' : 'ACCESS_TOKEN_TYPE_UNSUPPORTED', 'googleapis.com', { service })]);
  }
}

export function idToken(email: string, audience: string, lifetime = LIFETIME): string {
  const now = Math.floor(Date.now() / 1000);
  const claims: Claims = { aud: audience, azp: email, email, email_verified: true, exp: now + lifetime, iat: now, iss: ISSUER, sub: subject(email) };
  const signed = `${part({ alg: 'RS256', kid: 'fake', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** The claims of an ID token that this fake signed and that has not expired; null for any other text. */
export function claimsOf(token: string): Claims | null {
  const [head, body, signature] = token.split('.');
  if (head === undefined || body === undefined || signature === undefined) return null;
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))) return null;
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  return claims.exp * 1000 > Date.now() ? claims : null;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** 21 digits, the same for the same address. */
function subject(email: string): string {
  let number = 7n;
  for (const letter of email) number = (number * 131n + BigInt(letter.codePointAt(0) as number)) % 10n ** 20n;
  return `1${number.toString().padStart(20, '0')}`;
}
