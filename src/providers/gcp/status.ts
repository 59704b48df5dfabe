/** What an error of a client says, whichever client it is: gRPC's number, REST's status and the storage client's are one code. */
import { MlfnError } from '../../errors.ts';

export interface Said {
  /** Canonical name (`NOT_FOUND`), or null where it is no answer of Google's. */
  code: string | null;
  /** google.rpc.ErrorInfo: `SERVICE_DISABLED`. */
  reason: string | null;
  metadata: Record<string, string>;
  message: string;
  /** The connection failed. */
  network: boolean;
  cause: Error;
}

/** The fields that are looked at; none is sure to be there. */
interface Thrown extends Error {
  code?: unknown;
  /** gRPC's own text, without the number in front. */
  details?: unknown;
  reason?: unknown;
  errorInfoMetadata?: unknown;
  errors?: unknown;
  response?: { status?: number; data?: unknown };
}

interface RestError {
  status?: string;
  message?: string;
  details?: { '@type'?: string; reason?: string; metadata?: Record<string, string> }[];
}

/** google.rpc.Code: github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const CODES = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS',
  'UNAUTHENTICATED',
];
const OF_HTTP: Record<number, string> = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 408: 'UNAVAILABLE', 409: 'ABORTED',
  412: 'FAILED_PRECONDITION', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 501: 'UNIMPLEMENTED', 502: 'UNAVAILABLE', 503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
const NETWORK = /^(E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)|(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO).*)$/;

/** `NOT_FOUND`, `ABORTED`...; of an MlfnError that of what it explains; null where it is no answer of Google's. */
export function gcpCode(error: unknown): string | null {
  const cause = error instanceof MlfnError ? error.cause : error;
  return cause instanceof Error ? read(cause).code : null;
}

export function read(error: unknown): Said {
  const thrown = error as Thrown;
  const rest = restError(thrown);
  const info = rest?.details?.find((each) => each.reason !== undefined);
  const details = typeof thrown.details === 'string' && thrown.details !== '' ? thrown.details : null;
  return {
    code: codeOf(thrown, rest),
    reason: typeof thrown.reason === 'string' ? thrown.reason : (info?.reason ?? null),
    metadata: (thrown.errorInfoMetadata as Record<string, string> | undefined) ?? info?.metadata ?? {},
    message: details ?? rest?.message ?? thrown.message,
    network: isNetwork(thrown),
    cause: thrown,
  };
}

function codeOf(thrown: Thrown, rest: RestError | null): string | null {
  if (rest?.status !== undefined && CODES.includes(rest.status)) return rest.status;
  const status = thrown.response?.status ?? thrown.code;
  const number = typeof status === 'string' && /^\d+$/.test(status) ? Number(status) : status;
  if (typeof number !== 'number') return isNetwork(thrown) ? 'UNAVAILABLE' : null;
  if (number < CODES.length) return CODES[number] ?? null;
  return OF_HTTP[number] ?? (number >= 500 ? 'INTERNAL' : 'UNKNOWN');
}

function restError({ response }: Thrown): RestError | null {
  const error = (response?.data as { error?: unknown } | undefined)?.error;
  if (typeof error === 'string') return { message: error };
  return typeof error === 'object' && error !== null ? (error as RestError) : null;
}

/** fetch hides what happened in `cause`. */
function isNetwork(thrown: Thrown, depth = 0): boolean {
  if (NETWORK.test(String(thrown.code ?? ''))) return true;
  return depth < 3 && thrown.cause instanceof Error && isNetwork(thrown.cause as Thrown, depth + 1);
}
