/** Settings that Lambda would refuse, or that would fail there later: refused by us, before anything is made. */
import { MlfnError } from '../../../errors.ts';
import type { Lock } from '../../../types.ts';
import type { ReleaseDraft } from '../../provider.ts';
import type { AwsConfig } from '../config.ts';
import { DATA_VARIABLE, dataVariables } from '../../data.ts';
import { MODEL_VARIABLES } from '../../models.ts';
import { RELAY_VARIABLE, RELEASE_VARIABLE } from '../names.ts';
import { DEFAULT_STORAGE_MB, secretsVariable, SECRETS_VARIABLE, settingsOf } from './release.ts';

/** docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const ENV_BYTES = 4096;
/** "Reserved environment variables" of the same page. Others of AWS's names may be set, such as AWS_RETRY_MODE. */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_.*|AWS_LAMBDA_(?!EXEC_WRAPPER$).*|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_(ACCESS_)?KEY|AWS_SESSION_TOKEN)$/;
const OURS = new Set<string>([RELEASE_VARIABLE, RELAY_VARIABLE, ...MODEL_VARIABLES, DATA_VARIABLE, SECRETS_VARIABLE]);
/** Longest value of a release's number in MLFN_RELEASE, for the sum. */
const NUMBER = '9'.repeat(9);
/** Abort in cpuinfo, which finds no /sys on arm64 Lambda: github.com/microsoft/onnxruntime/issues/10038 */
const NO_ARM = new Set(['onnxruntime', 'torch']);

/** @throws AWS_SETTING with the first that does not fit */
export function checkSettings(draft: ReleaseDraft, config: AwsConfig, storageMb: number): void {
  checkVariables(draft);
  if (settingsOf(draft).snapstart && draft.image !== undefined) throw refusal('SnapStart is for zips, and this release is an image.', 'Leave --snapstart out, or deploy it with --package zip.');
  if (settingsOf(draft).snapstart) checkSnapStart(draft, config, storageMb);
  const { reservedConcurrency: most = 0, provisionedConcurrency: ready = 0 } = config;
  // docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html: ready workers count towards the reserved ones.
  if (most > 0 && ready > most) {
    throw refusal(`provisionedConcurrency is ${ready}, more than reservedConcurrency, ${most}.`, 'Raise reservedConcurrency, or lower provisionedConcurrency.');
  }
}

/** Right after the versions are known, before anything is fetched. @throws AWS_SETTING */
export function checkLock({ architecture }: AwsConfig, { packages }: Lock): void {
  const aborting = architecture === 'arm64' ? packages.find(({ name }) => NO_ARM.has(name)) : undefined;
  if (aborting === undefined) return;
  throw refusal(`${aborting.name} ${aborting.version} ends with an abort when it is imported on Lambda's arm64.`, 'Use --arch x86_64.');
}

function checkVariables(draft: ReleaseDraft): void {
  const { env } = draft.settings;
  const secrets = settingsOf(draft).secrets ?? {};
  for (const [name, where] of [...Object.keys(env).map((each) => [each, 'env']), ...Object.keys(secrets).map((each) => [each, 'secrets'])] as [string, string][]) {
    if (OURS.has(name)) throw refusal(`${where} sets ${name}, which is mlfn's own.`, 'Give the variable another name.');
    if (RESERVED.test(name)) throw refusal(`${where} sets ${name}, a name that Lambda keeps for itself.`, 'Give the variable another name.');
    // docs.aws.amazon.com/lambda/latest/api/API_Environment.html: [a-zA-Z]([a-zA-Z0-9_])+
    if (!/^[A-Za-z][A-Za-z0-9_]+$/.test(name)) {
      throw refusal(`${where} sets ${name}; on Lambda a name is a letter, then one or more letters, digits or _.`, 'Give the variable another name.');
    }
    if (where === 'secrets' && env[name] !== undefined) throw refusal(`${name} is both in env and in secrets.`, 'Leave it out of one of them.');
  }
  const all = { ...env, ...dataVariables(draft.settings), ...secretsVariable(settingsOf(draft)), [RELEASE_VARIABLE]: NUMBER };
  const bytes = Buffer.byteLength(JSON.stringify(all));
  if (bytes <= ENV_BYTES) return;
  const [largest] = Object.entries(all).toSorted(([, a], [, b]) => b.length - a.length);
  throw refusal(`The variables are ${bytes} bytes with their names; Lambda takes ${ENV_BYTES}. The largest is ${largest?.[0]}.`, 'Put long values into a file beside the code (--code), or into a secret (--secret).');
}

/** docs.aws.amazon.com/lambda/latest/dg/snapstart.html */
function checkSnapStart({ lock }: ReleaseDraft, { provisionedConcurrency = 0 }: AwsConfig, storageMb: number): void {
  const [major = 0, minor = 0] = lock.python.split('.').map(Number);
  if (major === 3 && minor < 12) throw refusal(`SnapStart is for Python 3.12 and newer, and this release is for ${lock.python}.`, 'Leave --snapstart out, or give --python 3.12.');
  if (provisionedConcurrency > 0) {
    throw refusal(`SnapStart and provisionedConcurrency (${provisionedConcurrency}) exclude each other.`, 'Leave one of them out; --provisioned-concurrency 0 ends what there is.');
  }
  if (storageMb > DEFAULT_STORAGE_MB) {
    throw refusal(`SnapStart takes a /tmp of ${DEFAULT_STORAGE_MB} MB at most, and this release has ${storageMb} MB.`, 'Leave out --snapstart or --ephemeral-storage; a model that is fetched needs its size in /tmp.');
  }
}

function refusal(message: string, hint: string): MlfnError {
  return new MlfnError('AWS_SETTING', message, { hint });
}
