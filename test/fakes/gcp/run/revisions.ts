/** A revision: a template that was made to run, with its condition. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Images } from '../registry/images.ts';
import { pulled } from '../runner/image.ts';
import { type Instance, Instance as Process, NotListening } from '../runner/instance.ts';
import { pythonFolder, versionOf } from '../runner/runtimes.ts';
import { checkSize, missing, untar } from '../runner/source.ts';
import { Status } from '../status.ts';
import type { World } from '../world.ts';
import { type Condition, type Container, last, now, type Revision, type Service, type Template } from './messages.ts';
import { secretsOf } from './secrets.ts';

export interface HeldRevision {
  revision: Revision;
  /** Undefined while it is being made. */
  ready: boolean | undefined;
  instance: Instance | null;
}

/** How an image that a build made is started. */
export interface Image {
  cwd: string;
  command: string;
  args: string[];
  env: Record<string, string>;
}

export function newRevision(service: Service, name: string, template: Template, creator: string): HeldRevision {
  const { revision: _, ...rest } = template;
  const revision: Revision = {
    ...structuredClone(rest),
    name: `${service.name}/revisions/${name}`,
    uid: randomUUID(),
    generation: '1',
    createTime: now(),
    updateTime: now(),
    service: last(service.name),
    conditions: [condition('Ready', 'CONDITION_RECONCILING')],
    reconciling: true,
    creator,
    etag: etag(),
  };
  return { revision, ready: undefined, instance: null };
}

/** Makes it run. @throws Status, and the revision is marked as not ready */
export async function start(world: World, held: HeldRevision, images: Map<string, Image>, registry: Images): Promise<void> {
  const { revision } = held;
  const name = last(revision.name);
  try {
    const image = await prepare(world, revision, images, registry);
    const container = revision.containers?.[0] as Container;
    const labels = { instanceId: revision.uid.replaceAll('-', '') };
    held.instance = new Process({
      ...image,
      env: { ...image.env, ...(await variables(world, revision, container)) },
      startWithin: startupTime(world, container),
      line: (text, stream) => world.logs.line(resourceOf(world, revision), world.project, stream, text, labels),
      system: (text) => world.logs.add({ logName: `projects/${world.project}/logs/run.googleapis.com%2Fvarlog%2Fsystem`, resource: resourceOf(world, revision), severity: 'INFO', textPayload: text, labels }),
    });
    await held.instance.port();
    Object.assign(revision, { conditions: [condition('Ready', 'CONDITION_SUCCEEDED'), condition('ContainerHealthy', 'CONDITION_SUCCEEDED'), condition('ResourcesAvailable', 'CONDITION_SUCCEEDED')] });
    held.ready = true;
  } catch (error) {
    const status = error instanceof NotListening ? notListening(world, revision, error) : error instanceof Status ? error : new Status('INTERNAL', String((error as Error).stack));
    const message = `Revision '${name}' is not ready and cannot serve traffic. ${status.message}`;
    const reason = error instanceof NotListening ? { revisionReason: 'HEALTH_CHECK_CONTAINER_ERROR' } : { reason: 'CONTAINER_MISSING' };
    revision.conditions = [{ ...condition('Ready', 'CONDITION_FAILED'), message: status.message, severity: 'ERROR', ...reason }];
    held.ready = false;
    throw new Status('FAILED_PRECONDITION', message);
  } finally {
    revision.reconciling = false;
    revision.updateTime = now();
  }
}

function notListening(world: World, revision: Revision, error: NotListening): Status {
  const url = `https://console.cloud.google.com/logs/viewer?project=${world.project}&resource=cloud_run_revision/service_name/${revision.service}/revision_name/${last(revision.name)}`;
  world.logs.add({
    logName: `projects/${world.project}/logs/run.googleapis.com%2Fvarlog%2Fsystem`,
    resource: resourceOf(world, revision),
    severity: 'ERROR',
    textPayload: `Default STARTUP TCP probe failed 1 time consecutively for container "worker" on port 8080. The instance was not started. (${error.message})`,
  });
  const port = revision.containers?.[0]?.ports?.[0]?.containerPort ?? 8080;
  return new Status(
    'FAILED_PRECONDITION',
    `The user-provided container failed to start and listen on the port defined provided by the PORT=${port} environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended. Logs for this revision might contain more information.\n\nLogs URL: ${url}`,
  );
}

async function prepare(world: World, revision: Revision, images: Map<string, Image>, registry: Images): Promise<Image> {
  const container = revision.containers?.[0] as Container;
  const built = images.get(container.image as string);
  if (built) return built;
  const folder = path.join(world.folder, 'revisions', revision.uid);
  const source = container.sourceCode?.cloudStorageSource;
  if (!source) return pulled(registry, container, folder);
  const place = { bucket: source.bucket as string, object: source.object as string, ...(source.generation && { generation: source.generation }) };
  if (!(await world.sources.exists(place))) throw missing(place);
  await untarInto(world, place, folder);
  const version = versionOf(container.baseImageUri as string) as string;
  const bin = pythonFolder(version);
  if (!bin) throw new Status('FAILED_PRECONDITION', `The fake finds no Python ${version} on this machine.`);
  const [command = '', ...args] = [...(container.command ?? []), ...(container.args ?? [])];
  const cwd = path.join(folder, 'workspace', container.workingDir ?? '');
  return { cwd, command: command.includes('/') ? path.resolve(cwd, command) : command, args, env: { PATH: `${bin}:/usr/bin:/bin` } };
}

async function untarInto(world: World, place: { bucket: string; object: string }, folder: string): Promise<void> {
  const file = path.join(folder, 'source.tar.gz');
  const { mkdir, rm } = await import('node:fs/promises');
  await mkdir(folder, { recursive: true });
  await world.sources.fetch(place, file);
  await checkSize(file);
  await untar(file, path.join(folder, 'workspace'));
  await rm(file);
}

/**
 * Source: https://cloud.google.com/run/docs/container-contract#env-vars; the timeout is not documented, and read by Google's own
 * frameworks: github.com/GoogleCloudPlatform/functions-framework-go/pull/244
 */
async function variables(world: World, revision: Revision, container: Container): Promise<Record<string, string>> {
  const env: Record<string, string> = { HOME: world.folder, LANG: 'C.UTF-8', ...(await world.servedEnv(revision.serviceAccount as string)) };
  for (const { name, value = '' } of container.env ?? []) env[name] = value;
  return { ...env, ...(await secretsOf(world, revision, container)), K_SERVICE: revision.service, K_REVISION: last(revision.name), K_CONFIGURATION: revision.service, CLOUD_RUN_TIMEOUT_SECONDS: String(revision.timeout?.seconds ?? 300) };
}

/** Source: https://cloud.google.com/run/docs/configuring/healthchecks */
function startupTime(world: World, { startupProbe }: Container): number {
  if (!startupProbe) return world.startWithin;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = startupProbe;
  return Math.min(world.startWithin, (initialDelaySeconds + periodSeconds * failureThreshold) * 1000);
}

function resourceOf(world: World, revision: Revision): { type: string; labels: Record<string, string> } {
  const labels = { configuration_name: revision.service, location: revision.name.split('/')[3] as string, project_id: world.project, revision_name: last(revision.name), service_name: revision.service };
  return { type: 'cloud_run_revision', labels };
}

export function condition(type: string, state: Condition['state']): Condition {
  return { type, state, lastTransitionTime: now() };
}

export function etag(): string {
  return `"${Buffer.from(randomUUID()).toString('base64').slice(0, 22)}"`;
}
