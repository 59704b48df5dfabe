/** The Google Cloud target: revisions of a Cloud Run service behind its traffic, packages and history in a bucket of the project. */
import type { Provider } from '../provider.ts';
import { apply, discard } from './apply.ts';
import { configSchema, type GcpConfig } from './config.ts';
import { withReport } from './invoke/call-log.ts';
import { curl } from './invoke/curl.ts';
import { invoke, line } from './invoke/invoke.ts';
import { loginFor } from './images/login.ts';
import { lastErrors } from './logs/last-errors.ts';
import { logs } from './logs/logs.ts';
import { models } from './models.ts';
import { list, observe } from './observe.ts';
import { plan } from './plan.ts';
import { preflight } from './preflight/preflight.ts';
import { sweep } from './removal.ts';
import { platformFor } from './serving.ts';
import { openSession } from './session.ts';
import { modeFor, releaseSettings } from './settings.ts';
import { survey, type Ground } from './survey.ts';

export const provider: Provider<GcpConfig> = {
  name: 'gcp',
  configSchema,
  caller: 'http',
  limits: ({ mode }) => ({
    // cloud.google.com/run/docs/deploying-source-code: an archive that is deployed without a build has at most 250 MiB.
    zipBytes: mode === 'run' ? 262_144_000 : null,
    unzippedBytes: null,
    // The address that a function's source is sent to takes no more, whatever the quotas say: github.com/firebase/firebase-tools/issues/7343
    ...(mode === 'function' ? { functionBytes: 100_000_000 } : {}),
    // cloud.google.com/run/docs/configuring/services/memory-limits
    memoryMb: { min: 128, max: 32_768 },
    // cloud.google.com/run/docs/configuring/request-timeout
    timeoutSeconds: { min: 1, max: 3600 },
    // cloud.google.com/run/quotas: HTTP/1
    requestBytes: 32 * 1024 * 1024,
    responseBytes: 32 * 1024 * 1024,
  }),
  forms: ({ mode }) => (mode === 'image' ? ['image'] : ['zip', 'image']),
  // "Cloud Run also accepts Zstd compressed container images": cloud.google.com/run/docs/container-contract#languages
  images: { unpackedBytes: null, zstd: true },
  registryLogin: loginFor,
  // In mode `run` a changed model is then all that is sent.
  modelApart: ({ mode }) => (mode === 'run' ? 'always' : mode === 'image' ? 'never' : 'when-too-large'),
  settings: ['memory', 'timeout', 'concurrency', 'env', 'reload', 'data'],
  targetSettings: (config, form) => ({ ...releaseSettings(config, form) }),
  accepts: () => {},
  platform: platformFor,
  preflight: async (ctx, config, name, form = 'zip') => {
    const session = await openSession(ctx, config);
    return preflight({ ...session, config: { ...config, mode: modeFor(config, form) } }, name);
  },
  observe: async (ctx, config, name) => observe(await openSession(ctx, config), name),
  list: async (ctx, config) => list(await openSession(ctx, config)),
  survey: async (ctx, config, name, draft) => survey(await openSession(ctx, config), name, draft),
  plan: (want, live, config, ground) => plan(want, live, config, ground as Ground),
  apply: async (ctx, config, step, done) => apply(await openSession(ctx, config), step, done),
  // The newest revision of a service cannot be deleted: cloud.google.com/run/docs/managing/revisions#delete
  discardsWhole: false,
  discard: async (ctx, config, done) => discard(await openSession(ctx, config), done),
  sweep: async (ctx, config) => sweep(await openSession(ctx, config)),
  invoke: async (ctx, config, name, release, call) => invoke(await openSession(ctx, config), name, release, call),
  line: async (ctx, config, name, release) => line(await openSession(ctx, config), name, release),
  report: async (ctx, config, name, answer) => withReport(await openSession(ctx, config), name, answer),
  curl: async (ctx, config, url) => curl(await openSession(ctx, config), url),
  lastErrors: async (ctx, config, name, release) => lastErrors(await openSession(ctx, config), name, release),
  models: async (ctx, config, name) => models(await openSession(ctx, config), name),
  logs: async function* (ctx, config, name, options) {
    yield* logs(await openSession(ctx, config), name, options);
  },
};
