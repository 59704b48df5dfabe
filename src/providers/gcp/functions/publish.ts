/**
 * Mode `function`: Cloud Build makes an image of the source, and Cloud Functions a revision of it. The traffic is pinned to
 * the live revision by its name before, as a function's service otherwise gives it to whatever was deployed last.
 */
import { MlfnError } from '../../../errors.ts';
import { until } from '../../patience.ts';
import { call, CALL, ended, type Ended, type Patience } from '../call.ts';
import { notStarting, Overtaken, PASSING, settled, type Wanted } from '../candidate.ts';
import { functionPath, locationPath } from '../names.ts';
import { buildFailure } from '../logs/build-log.ts';
import type { Revision } from '../services.ts';
import { followsLatest, moveTraffic, type Now, trafficFor } from '../traffic.ts';
import { bodyOf, type CloudFunction, getFunction, isBusy } from './function.ts';
import { stageText } from './stages.ts';

/** @throws as the API does, for whoever begins again; GCP_BUILD, GCP_NOT_STARTING, GCP_SLOW */
export async function makeFunctionRevision(patience: Patience, wanted: Wanted, now: Now | null): Promise<Revision> {
  const { session } = patience;
  const { name } = wanted;
  const there = await getFunction(session, name);
  if (there !== null && isBusy(there)) {
    await idle(patience, name);
    // It may have been this release's own, begun by a deploy that was killed.
    throw new Overtaken();
  }
  if (now !== null) await pin(patience, name);
  const body = bodyOf(session, wanted, there, await wanted.source());
  const outcome = await deployed(patience, wanted, there, body);
  if (outcome.error !== null) throw await explained(patience, wanted, outcome);
  await pin(patience, name);
  return settled(patience, wanted);
}

/** Nobody deploys it any more. */
async function idle(patience: Patience, name: string): Promise<void> {
  await until(
    patience,
    `another deploy of ${name} to end`,
    () => getFunction(patience.session, name),
    (now) => now === null || !isBusy(now),
  );
}

async function pin({ session }: Patience, name: string): Promise<void> {
  await moveTraffic(session, name, (now) => (now.split === null || !followsLatest(now.service) ? null : trafficFor(now, now.split)));
}

async function deployed(patience: Patience, { name }: Wanted, there: CloudFunction | null, body: CloudFunction): Promise<Ended> {
  const { session } = patience;
  const client = await session.functions();
  const need = { permission: `cloudfunctions.functions.${there === null ? 'create' : 'update'}`, resource: functionPath(session.project, session.region, name) };
  const send = () =>
    there === null
      ? client.createFunction({ parent: locationPath(session.project, session.region), functionId: name, function: body }, CALL)
      : client.updateFunction({ function: body, updateMask: { paths: ['description', 'labels', 'service_config', ...(body.buildConfig?.source ? ['build_config'] : [])] } }, CALL);
  const [operation] = await call(session, need, send, PASSING);
  return ended(patience, session, need, stageText, operation, (id) => client.checkUpdateFunctionProgress(id));
}

/** The build, or the start of what it made. */
async function explained({ session }: Patience, wanted: Wanted, { error, metadata }: Ended): Promise<Error> {
  const said = error?.message ?? '';
  const build = buildIdIn(said) ?? buildIdIn((metadata as { buildName?: string } | null)?.buildName ?? '');
  if (!/build/i.test(said) || build === null) {
    if (error?.code === 10) return new Overtaken();
    return notStarting(session, wanted, said);
  }
  const lines = await buildFailure(session, build);
  const page = `https://console.cloud.google.com/cloud-build/builds;region=${session.region}/${build}?project=${session.project}`;
  const message = [`Cloud Build could not make release ${wanted.number} of ${wanted.name}.`, ...(lines.length === 0 ? [said] : lines.map((line) => `  ${line}`))];
  return new MlfnError('GCP_BUILD', message.join('\n'), {
    hint: `Mend what these lines name, and deploy again; the whole log is at ${page}`,
    details: { build, lines },
  });
}

/** `projects/p/locations/r/builds/ID`, or the address of its page in the console. */
function buildIdIn(text: string): string | null {
  return /builds\/([\w-]+)/.exec(text)?.[1] ?? /builds;region=[\w-]+\/([\w-]+)/.exec(text)?.[1] ?? null;
}
