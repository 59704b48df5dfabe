/** What a Function URL is and should be, as data: plans compare it without loading Lambda's client. */
import type { AwsConfig } from '../config.ts';
import { type AwsCors, sameCors } from './cors.ts';

export interface UrlState {
  url: string;
  open: boolean;
  cors: AwsCors;
  /** Ids of the statements in the alias's policy. */
  statements: string[];
}

/**
 * What everyone needs to call an open one: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (both, since October 2025).
 * A closed one has no statement: callers of the account need both actions in a policy of their own, and a statement for the
 * account would give them neither.
 */
export const EVERYONE = [
  { StatementId: 'mlfn-public-url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' },
  { StatementId: 'mlfn-public-function', Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true },
] as const;

export function isRight(state: UrlState, config: Pick<AwsConfig, 'public' | 'cors'>): boolean {
  const granted = EVERYONE.filter(({ StatementId }) => state.statements.includes(StatementId)).length;
  return state.open === config.public && granted === (config.public ? EVERYONE.length : 0) && sameCors(state.cors, config.cors);
}
