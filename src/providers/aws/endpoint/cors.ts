/**
 * CORS is the endpoint's own, the Function URL's or the HTTP API's: both answer a preflight themselves and put the fields
 * on the function's answers, which has none of its own. One shape serves both APIs.
 */
import type { Cors } from '../config.ts';

export interface AwsCors {
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  MaxAge?: number;
}

/** An empty one takes away what was there. */
export function toAws(cors: Cors | undefined): AwsCors {
  if (cors === undefined) return {};
  return { AllowOrigins: cors.origins, AllowMethods: cors.methods, AllowHeaders: cors.headers, MaxAge: cors.maxAge };
}

export function sameCors(found: AwsCors | undefined, wanted: Cors | undefined): boolean {
  return textOf(found) === textOf(toAws(wanted));
}

/** Lists come back in any order, header fields in small letters. */
function textOf({ AllowOrigins = [], AllowMethods = [], AllowHeaders = [], MaxAge }: AwsCors = {}): string {
  if (AllowOrigins.length === 0) return '';
  const headers = AllowHeaders.map((each) => each.toLowerCase());
  return JSON.stringify([...[AllowOrigins, AllowMethods, headers].map((each) => [...each].sort()), MaxAge ?? 0]);
}
