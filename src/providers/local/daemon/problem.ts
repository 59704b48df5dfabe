/** Answers that are not the function's own: RFC 9457 problem documents. */
export interface Problem {
  status: number;
  /** Kebab-case; `type` is `urn:mlfn:<kind>`. */
  kind: string;
  title: string;
  detail: string;
  headers?: Record<string, string>;
}

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
  }
}

export function renderProblem(problem: Problem, extra: Record<string, unknown> = {}): Buffer {
  const { status, kind, title, detail } = problem;
  return Buffer.from(JSON.stringify({ type: `urn:mlfn:${kind}`, title, status, detail, ...extra }));
}
