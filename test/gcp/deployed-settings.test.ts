/** Settings on their way through a deploy: what the service then says, and what the code sees. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../fakes/gcp/run/messages.ts';
import { FaultsLab } from './faults-lab.ts';

/** What an instance sees of its surroundings. */
const CODE = `import os


def answer(event, context):
    if event.get("fail"):
        raise RuntimeError("no luck")
    left = context.get_remaining_time_in_millis()
    return {"word": os.environ["TOKEN"], "project": os.environ["GOOGLE_CLOUD_PROJECT"], "left": left}
`;

describe.each(['run', 'function'] as const)('mode %s', (mode) => {
  let lab: FaultsLab;
  let connector: string;
  beforeAll(async () => {
    lab = await FaultsLab.open(mode);
    connector = `projects/${lab.gcp.project}/locations/${lab.gcp.region}/connectors/inner`;
    lab.gcp.world.connectors.add(connector);
    lab.gcp.world.secret('token', 'first s3cret');
    lab.gcp.world.secret('token', 'second s3cret');
  });
  afterAll(async () => lab?.close());

  const deploy = (...more: string[]) => ['deploy', lab.app('set', '', CODE), '--name', 'set', '--timeout', '77', ...more];
  const service = (): Service => lab.gcp.services.find(`projects/${lab.gcp.project}/locations/${lab.gcp.region}/services/set`).service;
  const said = async (url: string) => (await lab.ask(url)).text;

  test('a secret is named by reference, read by the function, and nowhere written down', async () => {
    const { url } = await lab.mlfn(deploy('--secret', 'TOKEN=token:1'));
    expect(await said(url)).toBe('200 first s3cret');
    const reference = { secretKeyRef: { secret: expect.stringMatching(/(^|\/)token$/), version: '1' } };
    expect(service().template?.containers?.[0]?.env).toContainEqual({ name: 'TOKEN', valueSource: reference });
    expect(JSON.stringify(lab.gcp.calls.map(({ request }) => request))).not.toContain('s3cret');
    const { keys } = await lab.inventory();
    for (const key of keys.filter((each) => each.endsWith('.json'))) expect(await stored(key)).not.toContain('s3cret');
  });

  test('another version of it, and a VPC connector, are another release; a rollback brings the first back', async () => {
    const { url } = await lab.mlfn(deploy('--secret', 'TOKEN=token:latest', '--vpc-connector', 'inner'));
    expect(await said(url)).toBe('200 second s3cret');
    expect(service().template?.vpcAccess).toEqual({ connector, egress: 'PRIVATE_RANGES_ONLY' });
    await lab.mlfn(['rollback', 'set']);
    expect(await said(url)).toBe('200 first s3cret');
  });

  test('a secret that is not there is told before anything is made', async () => {
    lab.gcp.clear();
    const { error } = await lab.mlfn(deploy('--secret', 'TOKEN=token:9'), { code: 5 });
    expect(error.message).toBe('The secret token:9 of the variable TOKEN does not exist.');
    expect(lab.gcp.changes()).toEqual([]);
  });

  test('what goes through the connector is part of a release, and one that is not there is refused', async () => {
    const { live, url } = await lab.mlfn(deploy('--secret', 'TOKEN=token:1', '--vpc-connector', 'inner', '--vpc-egress', 'all-traffic'));
    expect(service().template?.vpcAccess).toEqual({ connector, egress: 'ALL_TRAFFIC' });
    const { error } = await lab.mlfn(deploy('--secret', 'TOKEN=token:1', '--vpc-connector', 'outer'), { code: 2 });
    expect(error).toMatchObject({ code: 'GCP_REFUSED', message: expect.stringContaining('outer') });
    expect(await lab.ask(url)).toEqual({ text: '200 first s3cret', release: String(live) });
  });

  test('an instance has more CPU while it starts, and is asked once its port is open', () => {
    const [container] = service().template?.containers ?? [];
    expect(container?.resources).toMatchObject({ startupCpuBoost: true });
    expect(container?.startupProbe).toMatchObject({ tcpSocket: { port: 8080 } });
  });

  test('it knows its project and how long it has', async () => {
    const { body } = await lab.mlfn(['invoke', 'set', '--data', '{}']);
    expect(body.project).toBe(lab.gcp.project);
    expect(body.left).toBeGreaterThan(70_000);
    expect(body.left).toBeLessThanOrEqual(77_000);
  });

  test('what goes wrong is logged with the call that it went wrong in', async () => {
    await lab.mlfn(['invoke', 'set', '--data', '{"fail": true}'], { code: 5 });
    const { entries } = lab.gcp.world.logs;
    const told = entries.find(({ textPayload, jsonPayload }) => JSON.stringify([textPayload, jsonPayload]).includes('RuntimeError: no luck'));
    expect(told?.trace).toMatch(new RegExp(`^projects/${lab.gcp.project}/traces/[0-9a-f]{32}$`));
    expect(entries.find(({ httpRequest, trace }) => trace === told?.trace && httpRequest !== undefined)?.httpRequest).toMatchObject({ status: 500 });
  });

  async function stored(key: string): Promise<string> {
    const { project, region, storage } = lab.gcp;
    const answer = await fetch(`${storage.env['STORAGE_EMULATOR_HOST']}/storage/v1/b/mlfn-${project}-${region}/o/${encodeURIComponent(key)}?alt=media`);
    expect(answer.status).toBe(200);
    return answer.text();
  }
});
