/** The AWS target: Lambda versions behind an alias, packages and history in a bucket of the account. */
import type { Provider } from '../provider.ts';
import { configSchema, type AwsConfig } from './config.ts';
import { oneZip } from './one-zip.ts';
import { plan } from './plan.ts';
import { checkLock } from './settings/check.ts';
import { releaseSettings } from './settings/release.ts';
import type { Ground } from './survey.ts';

const acting = async () => (await import('./acting.ts')).acting;

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
  forms: () => ['zip', 'image'],
  // docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and .../images-create.html: no layers in zstd
  images: { unpackedBytes: 10_737_418_240, zstd: false },
  modelApart: () => 'when-too-large',
  settings: ['memory', 'timeout', 'env', 'reload', 'data'],
  targetSettings: (config) => ({ ...releaseSettings(config) }),
  accepts: checkLock,
  // python3.12 and newer run on Amazon Linux 2023: docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
  platform: ({ architecture }) => ({
    platform: { os: 'linux', arch: architecture === 'arm64' ? 'aarch64' : 'x86_64', glibc: '2.34' },
    pythons: ['3.12', '3.13', '3.14'],
  }),
  oneZip,
  plan: (want, live, config, ground) => plan(want, live, config, ground as Ground),
  discardsWhole: true,
  registryLogin: async (...given) => (await acting()).registryLogin(...given),
  preflight: async (...given) => (await acting()).preflight(...given),
  observe: async (...given) => (await acting()).observe(...given),
  list: async (...given) => (await acting()).list(...given),
  survey: async (...given) => (await acting()).survey(...given),
  apply: async (...given) => (await acting()).apply(...given),
  discard: async (...given) => (await acting()).discard(...given),
  sweep: async (...given) => (await acting()).sweep(...given),
  invoke: async (...given) => (await acting()).invoke(...given),
  line: async (...given) => (await acting()).line(...given),
  direct: async (...given) => (await acting()).direct(...given),
  report: async (...given) => (await acting()).report(...given),
  curl: async (...given) => (await acting()).curl(...given),
  lastErrors: async (...given) => (await acting()).lastErrors(...given),
  models: async (...given) => (await acting()).models(...given),
  logs: async function* (...given) {
    yield* (await acting()).logs(...given);
  },
};
