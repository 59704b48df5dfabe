/** The AWS target: Lambda versions behind an alias, packages and history in a bucket of the account. */
import type { Provider } from '../provider.ts';
import { apply, discard } from './apply.ts';
import { configSchema, type AwsConfig } from './config.ts';
import { withReport } from './invoke/call-log.ts';
import { curl } from './invoke/curl.ts';
import { direct, invoke, line } from './invoke/invoke.ts';
import { lastErrors } from './logs/last-errors.ts';
import { logs } from './logs/logs.ts';
import { models } from './models.ts';
import { list, observe } from './observe.ts';
import { oneZip } from './one-zip.ts';
import { plan } from './plan.ts';
import { preflight } from './preflight.ts';
import { sweep } from './removal.ts';
import { openSession } from './session.ts';
import { checkLock } from './settings/check.ts';
import { releaseSettings } from './settings/release.ts';
import { survey, type Ground } from './survey.ts';

export const provider: Provider<AwsConfig> = {
  name: 'aws',
  configSchema,
  caller: 'lambda',
  // docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  limits: () => ({
    zipBytes: null, // 50 MB is for zips sent directly; ours go through S3
    unzippedBytes: 262_144_000,
    memoryMb: { min: 128, max: 10_240 },
    timeoutSeconds: { min: 1, max: 900 },
    requestBytes: 6 * 1024 * 1024,
    responseBytes: 6 * 1024 * 1024,
  }),
  modelApart: () => 'when-too-large',
  settings: ['memory', 'timeout', 'env', 'reload'],
  targetSettings: (config) => ({ ...releaseSettings(config) }),
  accepts: checkLock,
  // python3.12 and newer run on Amazon Linux 2023: docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
  platform: ({ architecture }) => ({
    platform: { os: 'linux', arch: architecture === 'arm64' ? 'aarch64' : 'x86_64', glibc: '2.34' },
    pythons: ['3.12', '3.13', '3.14'],
  }),
  oneZip,
  preflight: async (ctx, config, name) => preflight(await openSession(ctx, config), name),
  observe: async (ctx, config, name) => observe(await openSession(ctx, config), name),
  list: async (ctx, config) => list(await openSession(ctx, config)),
  survey: async (ctx, config, name, draft) => survey(await openSession(ctx, config), name, draft),
  plan: (want, live, config, ground) => plan(want, live, config, ground as Ground),
  apply: async (ctx, config, step, done) => apply(await openSession(ctx, config), step, done),
  discardsWhole: true,
  discard: async (ctx, config, done) => discard(await openSession(ctx, config), done),
  sweep: async (ctx, config) => sweep(await openSession(ctx, config)),
  invoke: async (ctx, config, name, release, call) => invoke(await openSession(ctx, config), name, release, call),
  line: async (ctx, config, name, release) => line(await openSession(ctx, config), name, release),
  direct: async (ctx, config, name, release, payload) => direct(await openSession(ctx, config), name, release, payload),
  report: async (ctx, config, name, answer) => withReport(await openSession(ctx, config), name, answer),
  curl: async (ctx, config, url) => curl(await openSession(ctx, config), url),
  lastErrors,
  models: async (ctx, config, name) => models(await openSession(ctx, config), name),
  logs: (ctx, config, name, options) => logs(ctx, config, name, options),
};
