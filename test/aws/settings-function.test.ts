/** What holds for a function as a whole, against a Lambda and an EventBridge: set, drifted, mended, taken away with it. */
import { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListVersionsByFunctionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOf, remove, warm } from '../../src/pipeline.ts';
import { openTarget } from '../../src/providers/index.ts';
import { zipOf } from './lab/zip.ts';
import { startSettingsLab, type SettingsLab } from './settings-lab.ts';

let lab: SettingsLab;
let events: EventBridgeClient;
beforeAll(async () => {
  lab = await startSettingsLab();
  events = new EventBridgeClient({ maxAttempts: 1 });
});
afterAll(async () => {
  events?.destroy();
  await lab?.stop();
});

const arn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const found = (name: string) => lab.aws.lambda.send(new GetFunctionCommand({ FunctionName: name }));
const rule = (name: string) => events.send(new DescribeRuleCommand({ Name: `mlfn-warm-${name}` })).catch(() => null);
const steps = (made: { steps: { kind: string }[] }) => made.steps.map((step) => ('resource' in step ? `${(step as { change?: string }).change} ${step.resource}` : step.kind));

test('tags: set at the making, changed and taken away by their own calls, and nobody else’s touched', async () => {
  await lab.deploy('tagged', { section: { tags: { team: 'risk', owner: 'ann' } } });
  expect((await found('tagged')).Tags).toMatchObject({ team: 'risk', owner: 'ann', mlfn: '1' });
  await lab.aws.lambda.send(new TagResourceCommand({ Resource: arn('tagged'), Tags: { cost: '42' } }));
  lab.gate.clear();
  expect(steps(await lab.deploy('tagged', { section: { tags: { team: 'credit' } } }))).toEqual(['update tags']);
  expect(lab.gate.changes()).toEqual(['lambda:UntagResource', 'lambda:TagResource']);
  const { Tags = {} } = await found('tagged');
  expect(Tags).toMatchObject({ team: 'credit', cost: '42', mlfn: '1' });
  expect(Tags).not.toHaveProperty('owner');

  await lab.aws.lambda.send(new UntagResourceCommand({ Resource: arn('tagged'), TagKeys: ['team'] }));
  expect(steps(await lab.deploy('tagged', { section: { tags: { team: 'credit' } } }))).toEqual(['update tags']);
  expect(await lab.deploy('tagged', { section: { tags: { team: 'credit' } } })).toMatchObject({ status: 'up-to-date' });
}, 60_000);

test('reserved and provisioned concurrency: on the function and on the alias, mended, and ended', async () => {
  const section = { reservedConcurrency: 5, provisionedConcurrency: 2 };
  expect(steps(await lab.deploy('busy', { section })).slice(-3)).toEqual(['create endpoint', 'create reserved concurrency', 'create provisioned concurrency']);
  const provisioned = () => lab.aws.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: 'busy', Qualifier: 'live' }));
  expect((await found('busy')).Concurrency?.ReservedConcurrentExecutions).toBe(5);
  expect(await provisioned()).toMatchObject({ RequestedProvisionedConcurrentExecutions: 2, Status: 'READY' });
  expect(await lab.deploy('busy', { section })).toMatchObject({ status: 'up-to-date' });

  const next = await lab.deploy('busy', { section: { ...section, reservedConcurrency: 6 }, code: 'def answer(payload):\n    return 2\n' });
  expect(steps(next).slice(-3)).toEqual(['switch', 'update reserved concurrency', 'update provisioned concurrency']);
  // Nobody names them any more: they stay.
  expect(await lab.deploy('busy', { code: 'def answer(payload):\n    return 2\n' })).toMatchObject({ status: 'up-to-date' });
  expect((await found('busy')).Concurrency?.ReservedConcurrentExecutions).toBe(6);
  const target = await openTarget('aws', {});
  expect((await target.provider.observe(lab.ctx, target.config, 'busy'))?.notes).toEqual(['6 calls at once at most']);

  const ended = await lab.deploy('busy', { section: { reservedConcurrency: 0, provisionedConcurrency: 0 }, code: 'def answer(payload):\n    return 2\n' });
  expect(steps(ended)).toEqual(['remove provisioned concurrency', 'remove reserved concurrency']);
  expect((await found('busy')).Concurrency?.ReservedConcurrentExecutions).toBeUndefined();
  await expect(provisioned()).rejects.toMatchObject({ name: 'ProvisionedConcurrencyConfigNotFoundException' });
}, 60_000);

test('workers that do not become ready are an error that says why, and the release is live', async () => {
  lab.provisioning({ Status: 'FAILED', StatusReason: 'FUNCTION_ERROR_INIT_FAILURE' });
  await expect(lab.deploy('unready', { section: { provisionedConcurrency: 2 } })).rejects.toMatchObject({ code: 'AWS_PROVISIONED', message: expect.stringContaining('FUNCTION_ERROR_INIT_FAILURE') });
  lab.provisioning({ Status: 'IN_PROGRESS' });
  const waiting = lab.deploy('unready', { section: { provisionedConcurrency: 3 } });
  await lab.gate.answered({ operation: 'lambda:GetProvisionedConcurrencyConfig', nth: 4 });
  lab.provisioning(null);
  expect(steps(await waiting)).toEqual(['update provisioned concurrency']);
  expect((await lab.ask('unready')).body).toEqual({ got: {} });
}, 60_000);

describe('warm', () => {
  test('a rule calls the alias, which answers without the model; off and delete take it away', async () => {
    const code = 'CALLS = []\ndef answer(payload):\n    CALLS.append(payload)\n    return CALLS\n';
    await lab.deploy('warmed', { code });
    const request = async (every: string, dryRun = false) => ({ ...(await lab.request('warmed', { section: { warm: every } })), dryRun });
    expect(await warm(lab.ctx, await request('5m', true))).toMatchObject({ status: 'planned' });
    expect(await rule('warmed')).toBeNull();
    expect(await warm(lab.ctx, await request('5m'))).toMatchObject({ status: 'warmed', live: 1 });
    expect(await warm(lab.ctx, await request('5m'))).toMatchObject({ status: 'up-to-date' });
    expect(await rule('warmed')).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: 'mlfn-warm-warmed' }));
    expect(Targets).toEqual([{ Id: 'live', Arn: `${arn('warmed')}:live`, Input: '{"mlfn":"warm"}' }]);
    const policy = JSON.parse((await lab.aws.lambda.send(new GetPolicyCommand({ FunctionName: 'warmed', Qualifier: 'live' }))).Policy ?? '');
    expect(policy.Statement).toContainEqual(expect.objectContaining({ Sid: 'mlfn-warm', Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnLike: { 'AWS:SourceArn': expect.stringMatching(/:rule\/mlfn-warm-warmed$/) } } }));

    const answer = await lab.aws.lambda.send(new InvokeCommand({ FunctionName: 'warmed', Qualifier: 'live', Payload: Buffer.from(Targets[0]?.Input ?? '') }));
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toEqual({ mlfn: 'warm' });
    // The same worker, asked in earnest, has been asked nothing before.
    const asked = await lab.aws.lambda.send(new InvokeCommand({ FunctionName: 'warmed', Qualifier: 'live', Payload: Buffer.from('{"a":1}') }));
    expect(JSON.parse(Buffer.from(asked.Payload ?? []).toString())).toEqual([{ a: 1 }]);
    const target = await openTarget('aws', {});
    expect((await target.provider.observe(lab.ctx, target.config, 'warmed'))?.notes).toEqual(['kept warm by a call every 5m']);

    // A deploy that does not name it leaves it; one that does changes it.
    expect(await lab.deploy('warmed', { code })).toMatchObject({ status: 'up-to-date' });
    expect(steps(await lab.deploy('warmed', { code, section: { warm: '1m' } }))).toEqual(['update schedule']);
    expect((await rule('warmed'))?.ScheduleExpression).toBe('rate(1 minute)');
    await warm(lab.ctx, await request('off'));
    expect(await rule('warmed')).toBeNull();
    expect((await found('warmed')).Tags).not.toHaveProperty('mlfn:warm');
  }, 90_000);

  test('goes with the function, and the plan of the removal names it', async () => {
    await lab.deploy('gone', { section: { warm: '10m' } });
    expect(await rule('gone')).toMatchObject({ ScheduleExpression: 'rate(10 minutes)' });
    const request = await lab.request('gone');
    const planned = await remove(lab.ctx, { ...request, dryRun: true });
    expect(JSON.stringify(planned.steps)).toContain('the schedule mlfn-warm-gone');
    await remove(lab.ctx, request);
    expect(await rule('gone')).toBeNull();
  }, 60_000);
});

describe('a function that mlfn did not make', () => {
  const HANDLER = 'import os\ndef handler(event, context):\n    return os.environ["TOKEN"]\n';
  async function make(name: string): Promise<void> {
    await lab.deploy(`${name}-other`); // its role serves here
    await lab.aws.lambda.send(new CreateFunctionCommand({
      FunctionName: name, Role: `arn:aws:iam::123456789012:role/mlfn-${name}-other-eu-west-1`, Runtime: 'python3.12', Handler: 'main.handler',
      Code: { ZipFile: zipOf({ 'main.py': HANDLER }) }, Environment: { Variables: { TOKEN: 'old', DB: 'x' } }, Tags: { team: 'web' },
    }));
    await waitUntilFunctionActiveV2({ client: lab.aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: name });
  }
  const before = async (name: string, version: string) => {
    const answer = await lab.aws.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: version }));
    return JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  };

  test('is refused without --adopt, and nothing of it changes', async () => {
    await make('theirs');
    lab.gate.clear();
    await expect(lab.deploy('theirs')).rejects.toMatchObject({ code: 'AWS_NOT_OURS' });
    expect(lab.gate.changes()).toEqual([]);
  }, 60_000);

  test('is taken over with --adopt: what it was stays as a version, its alias too, and its variables are named', async () => {
    await make('taken');
    const section = { adopt: true };
    const request = await lab.request('taken', { section });
    const target = await openTarget('aws', section);
    const planned = await lab.deploy('taken', { section, dryRun: true });
    expect(planned.steps[0]).toMatchObject({ kind: 'ensure', resource: 'function', detail: expect.stringContaining('its variables DB, TOKEN are replaced') });
    lab.events.splice(0);
    expect(await lab.deploy('taken', { section })).toMatchObject({ status: 'deployed', live: 1 });
    expect(lab.events).toContainEqual(expect.objectContaining({ type: 'warning', text: expect.stringContaining('unless you name them: DB, TOKEN.') }));
    expect((await lab.ask('taken')).body).toEqual({ got: {} });
    const { Versions = [] } = await lab.aws.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'taken' }));
    expect(Versions.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);
    expect(await before('taken', '1')).toBe('old');
    expect((await found('taken')).Tags).toMatchObject({ team: 'web', mlfn: '1', 'mlfn:adopted': 'version 1' });
    // From now on it is mlfn's: no --adopt is needed.
    expect(await lab.deploy('taken')).toMatchObject({ status: 'up-to-date' });
    const removal = await planOf(lab.ctx, target, 'taken', { kind: 'absent' });
    expect(JSON.stringify(removal.steps)).toContain('its versions and aliases from before mlfn took it over');
    await remove(lab.ctx, request);
  }, 90_000);

  test('is not removed when the first release of it fails its check', async () => {
    await make('kept');
    await lab.aws.lambda.send(new CreateAliasCommand({ FunctionName: 'kept', Name: 'prod', FunctionVersion: '$LATEST' }));
    await expect(lab.deploy('kept', { section: { adopt: true }, code: 'def answer(payload):\n    return 1\nraise RuntimeError("no")\n' })).rejects.toMatchObject({ kind: 'verify' });
    expect(await before('kept', '1')).toBe('old');
    expect((await found('kept')).Tags).toMatchObject({ team: 'web' });
  }, 60_000);
});
