/** The errors that AWS answers with when a call may succeed later, or never, as each service spells them. */
import type { Refusal } from './wire.ts';

/** AWS SDKs and Tools Reference Guide, "Retry behavior": the codes that count as throttling or transient. */
const THROTTLED: Record<string, Refusal> = {
  // Lambda API Reference, "TooManyRequestsException".
  lambda: { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded', headers: { 'retry-after': '1' } },
  // Amazon S3 API Reference, "Error responses": Reduce your request rate.
  s3: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  // AWS IAM API Reference, "Common Errors".
  iam: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  sts: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  logs: { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' },
  apigateway: { status: 429, code: 'TooManyRequestsException', message: 'Too Many Requests' },
  scheduler: { status: 429, code: 'ThrottlingException', message: 'Rate exceeded' },
};

const BROKEN: Record<string, Refusal> = {
  lambda: { status: 500, code: 'ServiceException', message: 'The Lambda service encountered an internal error.' },
  s3: { status: 500, code: 'InternalError', message: 'We encountered an internal error. Please try again.' },
  iam: { status: 500, code: 'ServiceFailure', message: 'Internal Failure' },
  sts: { status: 500, code: 'InternalFailure', message: 'Internal Failure' },
  logs: { status: 500, code: 'ServiceUnavailableException', message: 'The service cannot complete the request.' },
  apigateway: { status: 500, code: 'InternalServerErrorException', message: 'Internal Server Error' },
  scheduler: { status: 500, code: 'InternalServerException', message: 'Unexpected error encountered.' },
};

export function throttled(service: string): Refusal {
  return known(THROTTLED, service);
}

export function broken(service: string): Refusal {
  return known(BROKEN, service);
}

/** IAM User Guide, "Troubleshoot access denied error messages". `action`: `lambda:UpdateAlias`. */
export function denied(action: string): Refusal {
  const service = action.split(':')[0] as string;
  const message = `User: arn:aws:iam::123456789012:user/tester is not authorized to perform: ${action} ` +
    'because no identity-based policy allows the action';
  if (service === 's3') return { status: 403, code: 'AccessDenied', message };
  if (service === 'iam' || service === 'sts') return { status: 403, code: 'AccessDenied', message };
  return { status: service === 'logs' ? 400 : 403, code: 'AccessDeniedException', message };
}

/** STS API Reference and S3 "Error responses": temporary credentials after their end. */
export function expired(service: string): Refusal {
  const message = service === 's3' ? 'The provided token has expired.' : 'The security token included in the request is expired';
  if (service === 's3') return { status: 400, code: 'ExpiredToken', message };
  if (service === 'iam' || service === 'sts') return { status: 403, code: 'ExpiredToken', message };
  return { status: service === 'logs' ? 400 : 403, code: 'ExpiredTokenException', message };
}

function known(table: Record<string, Refusal>, service: string): Refusal {
  const refusal = table[service];
  if (!refusal) throw new Error(`The gate does not know how ${service} words this error`);
  return refusal;
}
