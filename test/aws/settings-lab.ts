/** What the tests of settings share: a strict Lambda, a Python function to deploy there, and the look at what came of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context, Event } from '../../src/events.ts';
import { deploy, type DeployRequest, type Outcome } from '../../src/pipeline.ts';
import { openTarget } from '../../src/providers/index.ts';
import { ownContext } from './context.ts';
import { type Clients, clientsOf } from './lab/clients.ts';
import { type Gate, startGate } from './lab/gate.ts';
import { rewrite, type Rule } from './lab/gate/rule.ts';
import { strictRules } from './lab/gate/strict.ts';
import { type Ministack, type MinistackOptions, startMinistack } from './lab/ministack.ts';

export interface Asked extends Partial<DeployRequest> {
  /** The `aws:` section. */
  section?: Record<string, unknown>;
  env?: Record<string, string>;
  /** The function's Python; it must define `answer(payload)`. */
  code?: string;
}

export interface SettingsLab {
  gate: Gate;
  /** Past the gate: its calls are not in the record. */
  aws: Clients;
  ctx: Context;
  events: Event[];
  request(name: string, asked?: Asked): Promise<DeployRequest>;
  deploy(name: string, asked?: Asked): Promise<Outcome>;
  /** What the live release answers to `{}`, or its problem. */
  ask(name: string): Promise<{ status: number; body: unknown }>;
  /** A call of a service that no client is here for: `secretsmanager.CreateSecret`. */
  call(target: string, input: Record<string, unknown>): Promise<unknown>;
  /** What Lambda says of ready workers from now on, in place of READY at once; null ends it. */
  provisioning(status: { Status: string; StatusReason?: string } | null): void;
  stop(): Promise<void>;
}

const PLAIN = 'def answer(payload):\n    return {"got": payload}\n';

export async function startSettingsLab(options: MinistackOptions = {}): Promise<SettingsLab> {
  const cloud: Ministack = await startMinistack(options);
  let said: object | null = null;
  const gate = await startGate({ target: cloud.endpoint, rules: [...strictRules(cloud.env), provisioningRule(() => said)] });
  Object.assign(process.env, gate.env);
  const aws = clientsOf(cloud.env);
  const { folder, ctx, events, remove } = await ownContext('settings');

  async function request(name: string, { section = {}, env = {}, code = PLAIN, ...more }: Asked = {}): Promise<DeployRequest> {
    const own = path.join(folder, name);
    await mkdir(own, { recursive: true });
    await writeFile(path.join(own, 'app.py'), code);
    const settings = { memory: 256, timeout: 10, concurrency: 1, idle: 60, env };
    return { name, model: `${path.join(own, 'app.py')}:answer`, target: 'aws', targetConfig: section, settings, trust: false, dryRun: false, ...more };
  }

  return {
    gate, aws, ctx, events, request,
    deploy: async (name, asked) => deploy(ctx, await request(name, asked)),
    ask: async (name) => {
      const target = await openTarget('aws', {});
      const call = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: new TextEncoder().encode('{}') };
      const answer = await target.provider.invoke(ctx, target.config, name, null, call);
      return { status: answer.status, body: JSON.parse(new TextDecoder().decode(answer.body)) };
    },
    call: async (target, input) => {
      const service = target.split('.')[0] === 'AmazonSSM' ? 'ssm' : 'secretsmanager';
      const scope = `AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, authorization: scope };
      const answer = await fetch(cloud.endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
      if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    provisioning: (status) => void (said = status),
    stop: async () => {
      aws.destroy();
      await gate.stop();
      await cloud.stop();
      await remove();
    },
  };
}

/** docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html: IN_PROGRESS for minutes, then READY or FAILED. */
function provisioningRule(said: () => object | null): Rule {
  return {
    check: () => undefined,
    learn: ({ call }, answer) => {
      const status = said();
      if (status === null || call.name !== 'lambda:GetProvisionedConcurrencyConfig' || answer.status !== 200) return;
      rewrite(answer, (body) => ({ ...body, ...status }));
    },
  };
}
