/** The local target: the package that AWS would get, run on this machine by Lambda's own runtime client. */
import type { Provider } from '../provider.ts';
import { apply, discard } from './apply.ts';
import { configSchema, type LocalConfig } from './config.ts';
import { cold, invoke, line } from './invoke.ts';
import { layoutOf } from './layout.ts';
import { logs } from './logs.ts';
import { list, observe } from './observe.ts';
import { models } from './models.ts';
import { plan } from './plan.ts';
import { preflight } from './preflight.ts';
import { sweep } from './sweep.ts';

const PAYLOAD_BYTES = 6 * 1024 * 1024;

export const provider: Provider<LocalConfig> = {
  name: 'local',
  configSchema,
  caller: 'lambda',
  // Lambda's, but for the size of the package: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  limits: () => ({
    zipBytes: null,
    unzippedBytes: null,
    memoryMb: { min: 128, max: 10_240 },
    timeoutSeconds: { min: 1, max: 900 },
    requestBytes: PAYLOAD_BYTES,
    responseBytes: PAYLOAD_BYTES,
  }),
  forms: () => ['zip'],
  modelApart: () => 'never',
  settings: ['memory', 'timeout', 'concurrency', 'idle', 'env', 'reload', 'data'],
  targetSettings: () => ({}),
  accepts: () => {},
  platform: () => ({ platform: 'this-machine', pythons: ['3.12', '3.13', '3.11', '3.10', '3.14', '3.9'] }),
  preflight,
  observe: (ctx, config, name) => observe(layoutOf(ctx.home.local), config, name),
  list: (ctx, config) => list(layoutOf(ctx.home.local), config),
  survey: async () => null,
  plan,
  apply,
  discardsWhole: true,
  discard: (ctx, _config, done) => discard(ctx, done),
  sweep: (ctx) => sweep(ctx),
  invoke,
  line,
  cold,
  models: (ctx, _config, name) => models(layoutOf(ctx.home.local), name),
  logs: (ctx, _config, name, options) => logs(ctx, name, options),
};

export { ensureDaemon } from './daemon-client.ts';
export { stop as stopDaemon } from './sweep.ts';
