/** What an HTTP API is and should be, as data: plans compare it without loading API Gateway's client. */
import { MlfnError } from '../../../errors.ts';
import { type AwsConfig, throttlingOf } from '../config.ts';
import { type AwsCors, sameCors } from './cors.ts';

/** Statement of the alias's policy that lets the API call it; it says too that there is an API. */
export const PERMISSION = 'mlfn-http-api';
/** Seconds that an HTTP API waits for an answer: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_SECONDS = 30;

export interface HttpApiState {
  id: string;
  name: string;
  /** Ids of others of that name, which two deploys at once have made. */
  twins: string[];
  url: string;
  open: boolean;
  cors: AwsCors;
  /** Of the alias; null when there is none yet. */
  integration: string | null;
  /** The route for everything goes to that integration. */
  routed: boolean;
  /** Ids by key. */
  routes: Record<string, string>;
  stage: boolean;
  throttling: { rate: number | null; burst: number | null };
  /** The alias lets the API call it. */
  permitted: boolean;
}

type Wanted = Pick<AwsConfig, 'public' | 'cors' | 'httpApi'>;

/**
 * `$default` takes OPTIONS too, and asks for a signature that no preflight has:
 * docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflightKeys({ public: open, cors }: Pick<AwsConfig, 'public' | 'cors'>): string[] {
  return cors === undefined || open ? [] : ['OPTIONS /', 'OPTIONS /{proxy+}'];
}

export function isRightApi(state: HttpApiState, config: AwsConfig): boolean {
  const { integration, routed, stage, permitted } = state;
  const throttling = throttlingOf(config);
  const sameThrottling = state.throttling.rate === throttling?.rate && state.throttling.burst === throttling?.burst;
  const preflight = Object.keys(state.routes).filter((key) => key.startsWith('OPTIONS '));
  const samePreflight = [...preflight].sort().join() === preflightKeys(config).sort().join();
  const whole = integration !== null && routed && stage && permitted && state.twins.length === 0;
  return whole && state.open === config.public && sameThrottling && samePreflight && sameCors(state.cors, config.cors);
}

/** @throws AWS_HTTP_API_TIMEOUT when the function may take longer than an HTTP API waits */
export function checkTimeout(config: Wanted, timeout: number): void {
  if (config.httpApi === false || timeout <= MOST_SECONDS) return;
  throw new MlfnError('AWS_HTTP_API_TIMEOUT', `The timeout is ${timeout} seconds, and an HTTP API waits ${MOST_SECONDS} at most.`, {
    hint: `Choose a timeout up to ${MOST_SECONDS}, or leave --http-api out: a Function URL waits as long as the function may take.`,
    details: { timeout, most: MOST_SECONDS },
  });
}
