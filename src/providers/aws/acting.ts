/** What asks AWS, or changes anything there. Loaded at the first call: a package is made, and a plan computed, without the SDK. */
import type { Provider } from '../provider.ts';
import { apply, discard } from './apply.ts';
import type { AwsConfig } from './config.ts';
import { withReport } from './invoke/call-log.ts';
import { loginFor } from './images/login.ts';
import { curl } from './invoke/curl.ts';
import { direct, invoke, line } from './invoke/invoke.ts';
import { lastErrors } from './logs/last-errors.ts';
import { logs } from './logs/logs.ts';
import { models } from './models.ts';
import { list, observe } from './observe.ts';
import { preflight } from './preflight.ts';
import { sweep } from './removal.ts';
import { openSession } from './session.ts';
import { survey } from './survey.ts';

export const acting = {
  registryLogin: loginFor,
  preflight: async (ctx, config, name, form) => preflight(await openSession(ctx, config), name, form),
  observe: async (ctx, config, name) => observe(await openSession(ctx, config), name),
  list: async (ctx, config) => list(await openSession(ctx, config)),
  survey: async (ctx, config, name, draft) => survey(await openSession(ctx, config), name, draft),
  apply: async (ctx, config, step, done) => apply(await openSession(ctx, config), step, done),
  discard: async (ctx, config, done) => discard(await openSession(ctx, config), done),
  sweep: async (ctx, config) => sweep(await openSession(ctx, config)),
  invoke: async (ctx, config, name, release, call) => invoke(await openSession(ctx, config), name, release, call),
  line: async (ctx, config, name, release) => line(await openSession(ctx, config), name, release),
  direct: async (ctx, config, name, release, payload) => direct(await openSession(ctx, config), name, release, payload),
  report: async (ctx, config, name, answer) => withReport(await openSession(ctx, config), name, answer),
  curl: async (ctx, config, url) => curl(await openSession(ctx, config), url),
  lastErrors,
  models: async (ctx, config, name) => models(await openSession(ctx, config), name),
  logs,
} satisfies Partial<Provider<AwsConfig>>;
