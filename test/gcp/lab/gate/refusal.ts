/** An error as Cloud Storage puts it on the wire: docs.cloud.google.com/storage/docs/json_api/v1/status-codes */
export interface Refusal {
  status: number;
  /** `reason` of the error: `conditionNotMet`. */
  code: string;
  message: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export function refused({ status, code, message, headers }: Refusal): Answer {
  const error = { code: status, message, errors: [{ message, domain: 'global', reason: code }] };
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8', ...headers }, body: JSON.stringify({ error }) };
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8', ...headers }, body: JSON.stringify(value) };
}

export const UNAVAILABLE: Refusal = { status: 503, code: 'backendError', message: 'Backend Error' };
export const TOO_MANY: Refusal = { status: 429, code: 'rateLimitExceeded', message: 'The rate limit for the bucket was exceeded.' };
export const NOT_MET: Refusal = { status: 412, code: 'conditionNotMet', message: 'At least one of the pre-conditions you specified did not hold.' };
export const NO_BUCKET: Refusal = { status: 404, code: 'notFound', message: 'The specified bucket does not exist.' };

export function denied(permission: string, resource = 'resource'): Refusal {
  const message = `tester@example.com does not have ${permission} access to the Google Cloud Storage ${resource}. ` +
    `Permission '${permission}' denied on resource (or it may not exist).`;
  return { status: 403, code: 'forbidden', message };
}

export function invalid(message: string): Refusal {
  return { status: 400, code: 'invalid', message };
}
