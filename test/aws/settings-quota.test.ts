/** Quotas, as AWS words them: the error names the quota as Service Quotas does, through the real SDK. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asked, startSettingsLab, type SettingsLab } from './settings-lab.ts';
import type { Refusal } from './lab/gate/wire.ts';

let lab: SettingsLab;
beforeAll(async () => {
  lab = await startSettingsLab();
});
afterAll(async () => lab?.stop());

const UNRESERVED = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
const CASES: [string, string, Refusal, Asked, string][] = [
  ['storage', 'lambda:CreateFunction', { status: 400, code: 'CodeStorageExceededException', message: 'Code storage limit exceeded.' }, {}, '"Function and layer storage" of Lambda'],
  ['unreserved', 'lambda:PutFunctionConcurrency', { status: 400, code: 'InvalidParameterValueException', message: UNRESERVED }, { section: { reservedConcurrency: 950 } }, '"Concurrent executions" of Lambda'],
  ['ready', 'lambda:PutProvisionedConcurrencyConfig', { status: 400, code: 'InvalidParameterValueException', message: UNRESERVED }, { section: { provisionedConcurrency: 950 } }, '"Concurrent executions" of Lambda'],
  ['network', 'lambda:CreateFunction', { status: 502, code: 'ENILimitReachedException', message: 'Lambda could not create an elastic network interface in the VPC.' }, { section: { vpc: { subnets: ['subnet-0a'], securityGroups: ['sg-0a'] } } }, '"Elastic network interfaces per VPC" of Lambda'],
  ['roles', 'iam:CreateRole', { status: 409, code: 'LimitExceededException', message: 'Cannot exceed quota for RolesPerAccount: 1000' }, {}, '"Roles per account" of IAM'],
  ['rules', 'events:PutRule', { status: 400, code: 'LimitExceededException', message: 'The requested resource exceeds the maximum number allowed.' }, { section: { warm: '5m' } }, '"Rules" of EventBridge'],
  ['groups', 'logs:CreateLogGroup', { status: 400, code: 'LimitExceededException', message: 'Resource limit exceeded.' }, {}, '"Log groups" of CloudWatch Logs'],
];

test.each(CASES)('%s: %s', async (name, operation, refusal, asked, quota) => {
  // The SDK takes these for something that passes, and asks again.
  const repeated = refusal.status >= 500 || refusal.code === 'LimitExceededException';
  lab.gate.fault({ operation, times: repeated ? 6 : 1 }, refusal);
  const error = await lab.deploy(name, asked).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'AWS_QUOTA', kind: 'limit', hint: expect.stringContaining('have that quota raised in Service Quotas.') });
  expect((error as Error).message).toContain(quota);
  expect((error as Error).message).toContain(refusal.message);
}, 120_000);
