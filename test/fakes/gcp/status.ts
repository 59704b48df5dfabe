/** An error as Google's APIs answer it: a code of google.rpc, a message, and details (ErrorInfo and the like). */

/** gRPC number and HTTP status of each code. Source: google/rpc/code.proto. */
const CODES = {
  CANCELLED: [1, 499],
  UNKNOWN: [2, 500],
  INVALID_ARGUMENT: [3, 400],
  DEADLINE_EXCEEDED: [4, 504],
  NOT_FOUND: [5, 404],
  ALREADY_EXISTS: [6, 409],
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  FAILED_PRECONDITION: [9, 400],
  ABORTED: [10, 409],
  OUT_OF_RANGE: [11, 400],
  UNIMPLEMENTED: [12, 501],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  DATA_LOSS: [15, 500],
  UNAUTHENTICATED: [16, 401],
} as const;

export type Code = keyof typeof CODES;

/** One entry of google.rpc.Status.details, with its `@type`. */
export type Detail = { '@type': string } & Record<string, unknown>;

export class Status extends Error {
  readonly code: Code;
  readonly details: Detail[];

  constructor(code: Code, message: string, details: Detail[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get number(): number {
    return CODES[this.code][0];
  }

  get http(): number {
    return CODES[this.code][1];
  }

  /** google.rpc.Status. */
  get wire(): { code: number; message: string; details: Detail[] } {
    return { code: this.number, message: this.message, details: this.details };
  }
}

export function errorInfo(reason: string, domain: string, metadata: Record<string, string>): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain, metadata };
}

export function badRequest(...violations: [field: string, description: string][]): Detail {
  const fieldViolations = violations.map(([field, description]) => ({ field, description }));
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations };
}

/** INVALID_ARGUMENT for one field. */
export function invalid(field: string, description: string): Status {
  return new Status('INVALID_ARGUMENT', `${field}: ${description}`, [badRequest([field, description])]);
}
