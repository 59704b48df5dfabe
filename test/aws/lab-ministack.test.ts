import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CreateAliasCommand, CreateFunctionCommand, GetAccountSettingsCommand, GetFunctionCommand, InvokeCommand, ListFunctionsCommand, PublishLayerVersionCommand, PublishVersionCommand, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientsOf, type Clients } from './lab/clients.ts';
import { startMinistack, type Ministack } from './lab/ministack.ts';
import { answers, temporary } from './lab/server.ts';
import { zipOf } from './lab/zip.ts';

const HANDLER = `
import importlib.util, os, sys
def handler(event, context):
    return {"python": "%d.%d" % sys.version_info[:2], "found": [name for name in ("botocore", "boto3", "hypercorn", "moto", "yaml") if importlib.util.find_spec(name)],
            "layer": __import__("from_layer").WHAT, "version": context.function_version, "event": event,
            "pythonpath": os.environ.get("PYTHONPATH"), "root": os.environ["LAMBDA_TASK_ROOT"] == os.getcwd(), "opt": os.path.exists("/opt/python/from_layer.py")}
`;

describe('ministack', () => {
  let lab: Ministack;
  let aws: Clients;
  beforeAll(async () => {
    lab = await startMinistack();
    aws = clientsOf(lab.env);
  });
  afterAll(async () => {
    aws?.destroy();
    await lab?.stop();
  });

  it('is the account and the region that its environment names', async () => {
    expect(await aws.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012' });
    expect((await aws.lambda.send(new GetAccountSettingsCommand({}))).AccountLimit?.CodeSizeUnzipped).toBe(262144000);
  });

  it('runs a handler on Python 3.12 that sees its package, its layers and botocore, and no other package of the lab', async () => {
    const layer = await aws.lambda.send(new PublishLayerVersionCommand({ LayerName: 'deps', Content: { ZipFile: zipOf({ 'python/from_layer.py': 'WHAT = 7' }) } }));
    await aws.lambda.send(new CreateFunctionCommand({
      FunctionName: 'seen', Role: 'arn:aws:iam::123456789012:role/r', Runtime: 'python3.12', Handler: 'main.handler',
      Code: { ZipFile: zipOf({ 'main.py': HANDLER }) }, Layers: [layer.LayerVersionArn as string],
    }));
    await waitUntilFunctionActiveV2({ client: aws.lambda, maxWaitTime: 20, minDelay: 1 }, { FunctionName: 'seen' });
    await aws.lambda.send(new PublishVersionCommand({ FunctionName: 'seen' }));
    await aws.lambda.send(new CreateAliasCommand({ FunctionName: 'seen', Name: 'live', FunctionVersion: '1' }));
    const answer = await aws.lambda.send(new InvokeCommand({ FunctionName: 'seen', Qualifier: 'live', Payload: Buffer.from('{"a":1}') }));
    expect(JSON.parse(Buffer.from(answer.Payload as Uint8Array).toString())).toEqual({
      python: '3.12', found: ['botocore'], layer: 7, version: '1', event: { a: 1 }, pythonpath: null, root: true, opt: false,
    });
    expect(answer.ExecutedVersion).toBe('1');
  });
});

describe('what a test process leaves', () => {
  const STARTER = `
    import { spawn, spawnSync } from 'node:child_process';
    const [guard, folder] = process.argv.slice(1);
    const server = spawn('sleep', ['600'], { stdio: 'ignore' });
    spawn(process.execPath, [guard], { stdio: ['pipe', 'ignore', 'ignore'], detached: true }).stdin.write('+ ' + server.pid + ' ' + folder + '\\n');
    console.log(server.pid);
    setInterval(() => {}, 1000);`;

  it('is nothing, also when it is killed', async () => {
    const folder = temporary('guarded');
    const guard = path.join(import.meta.dirname, 'lab/guard.mjs');
    const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, guard, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(createInterface({ input: starter.stdout }), 'line')) as [string];
    expect([runs(pid), existsSync(folder)]).toEqual([true, true]);
    starter.kill('SIGKILL');
    await vi.waitFor(() => expect([runs(pid), existsSync(folder)]).toEqual([false, false]), { timeout: 20_000 });
  });

  it('is nothing after a stop', async () => {
    const lab = await startMinistack();
    expect([runs(lab.pid), existsSync(lab.folder)]).toEqual([true, true]);
    await lab.stop();
    expect([runs(lab.pid), existsSync(lab.folder), await answers(lab.endpoint)]).toEqual([false, false, false]);
  });

  /** A killed process that nobody has waited for yet is over too. */
  function runs(pid: number | string): boolean {
    const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
    return state !== '' && !state.startsWith('Z');
  }
});

describe('ministack with auth', () => {
  let lab: Ministack;
  beforeAll(async () => {
    lab = await startMinistack({ auth: true });
  });
  afterAll(() => lab?.stop());

  it('allows an IAM user what its policy allows, and nothing else', async () => {
    const root = clientsOf(lab.env);
    await root.iam.send(new CreateUserCommand({ UserName: 'deployer' }));
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'lambda:ListFunctions', Resource: '*' }] };
    await root.iam.send(new PutUserPolicyCommand({ UserName: 'deployer', PolicyName: 'p', PolicyDocument: JSON.stringify(policy) }));
    const { AccessKey } = await root.iam.send(new CreateAccessKeyCommand({ UserName: 'deployer' }));
    const user = clientsOf({ ...lab.env, AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId as string, AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey as string });
    expect((await user.lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    await expect(user.lambda.send(new GetFunctionCommand({ FunctionName: 'f' }))).rejects.toMatchObject({
      name: 'AccessDeniedException', message: expect.stringContaining('is not authorized to perform: lambda:GetFunction'),
    });
    root.destroy();
    user.destroy();
  });

  it('refuses a role that does not exist', async () => {
    const root = clientsOf(lab.env);
    await expect(root.lambda.send(new CreateFunctionCommand({
      FunctionName: 'f', Role: 'arn:aws:iam::123456789012:role/none', Runtime: 'python3.12', Handler: 'm.h', Code: { ZipFile: zipOf({ 'm.py': '' }) },
    }))).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    root.destroy();
  });
});
