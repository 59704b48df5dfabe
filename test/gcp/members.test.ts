/** Who may call: policies as data, and on a service of the fake. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessStep, ensureAccess, memberChange, observeAccess } from '../../src/providers/gcp/access/members.ts';
import { changed, membersOf, type Policy } from '../../src/providers/gcp/access/policy.ts';
import { failure } from '../failure.ts';
import { type AccessLab, call, serving, startAccessLab } from './access-lab.ts';

const ROLE = 'roles/run.invoker';
const closed = { allow: [], public: false };
const ADA = 'user:ada@example.com';
const BOB = 'user:bob@example.com';

describe('what is to be changed', () => {
  test.each([
    ['nothing wanted, nothing there', closed, { members: [], ours: [] }, null],
    ['a member', { allow: [ADA], public: false }, { members: [], ours: [] }, { add: [ADA], remove: [] }],
    ['there already, in other letters', { allow: ['user:Ada@Example.com'], public: false }, { members: [ADA], ours: [] }, null],
    ['everyone', { allow: [], public: true }, { members: [BOB], ours: [] }, { add: ['allUsers'], remove: [] }],
    ['closed again, whoever opened it', closed, { members: ['allUsers', BOB], ours: [] }, { add: [], remove: ['allUsers'] }],
    ['no longer wanted, and ours', { allow: [ADA], public: false }, { members: [ADA, BOB], ours: [ADA, BOB] }, { add: [], remove: [BOB] }],
    ["others' stay", closed, { members: [ADA, 'allAuthenticatedUsers'], ours: [] }, null],
    ['named twice', { allow: [ADA, ADA], public: false }, { members: [], ours: [] }, { add: [ADA], remove: [] }],
  ])('%s', (_name, wanted, found, change) => {
    expect(memberChange(wanted, found)).toEqual(change);
  });

  test('a plan says it', () => {
    expect(accessStep('heart', { allow: [ADA], public: true }, null)).toEqual({
      kind: 'ensure',
      resource: 'access',
      name: 'heart',
      change: 'create',
      detail: `opens it to everyone, lets ${ADA} call it`,
    });
    expect(accessStep('heart', closed, { members: ['allUsers', BOB], ours: [BOB] })).toMatchObject({ change: 'update', detail: `closes it to everyone, takes ${BOB} away` });
    expect(accessStep('heart', closed, null)).toBeNull();
  });
});

describe('a policy', () => {
  const member = fc.constantFrom('user:a@x.com', 'user:b@x.com', 'group:c@x.com', 'allUsers', 'serviceAccount:d@x.com');
  const binding = fc.record({ role: fc.constantFrom(ROLE, 'roles/viewer'), members: fc.uniqueArray(member, { minLength: 1 }), condition: fc.option(fc.constant({ title: 't', expression: 'request.time < x' })) });
  const policy = fc.record({ bindings: fc.array(binding), etag: fc.constant('BwY='), auditConfigs: fc.constant(['kept']) });
  const grants = fc.array(member.map((each) => ({ role: ROLE, member: each })));

  test('gets and loses what is asked, and keeps all else', () => {
    fc.assert(
      fc.property(policy, grants, grants, (before, add, remove) => {
        const after = (changed(before, { add, remove }) ?? before) as Policy & { auditConfigs: string[] };
        for (const grant of add) expect(membersOf(after, ROLE)).toContain(grant.member);
        const gone = remove.filter((each) => !add.some((other) => other.member === each.member));
        for (const grant of gone) expect(membersOf(after, ROLE)).not.toContain(grant.member);
        const others = ({ bindings }: Policy) => (bindings ?? []).filter(({ role, condition }) => role !== ROLE || condition !== null);
        expect(others(after).filter(({ condition }) => condition !== undefined)).toEqual(others(before));
        for (const each of membersOf(before, ROLE)) if (!remove.some((grant) => grant.member === each)) expect(membersOf(after, ROLE)).toContain(each);
        expect(after).toMatchObject({ etag: 'BwY=', auditConfigs: ['kept'] });
        expect(changed(after, { add })).toBeNull();
      }),
    );
  });
});

describe('on a service', () => {
  let lab: AccessLab;
  const path = () => `${lab.parent}/services/echo`;
  const members = () => membersOf(lab.world.policies.get(path()), ROLE);
  beforeAll(async () => {
    lab = await startAccessLab();
    await lab.serve('echo', { 1: serving(1) });
  });
  afterAll(() => lab?.stop());

  test('members come and go with the configuration; those of others stay', async () => {
    lab.world.policies.grant(path(), ROLE, BOB);
    await ensureAccess(await lab.open({ allow: [ADA, 'group:team@example.com'] }), 'echo');
    expect(members()).toEqual([BOB, ADA, 'group:team@example.com']);
    const next = await lab.open({ allow: ['group:team@example.com'] });
    expect(await observeAccess(next, 'echo')).toEqual({ members: [BOB, ADA, 'group:team@example.com'], ours: [ADA, 'group:team@example.com'] });
    await ensureAccess(next, 'echo');
    expect(members()).toEqual([BOB, 'group:team@example.com']);
    lab.clear();
    await ensureAccess(next, 'echo');
    expect(lab.calls.filter(({ name }) => name === 'run:SetIamPolicy')).toEqual([]);
  });

  test('open lets anybody in, closed nobody else', async () => {
    const uri = await lab.uri('echo');
    expect(await call(uri, null)).toBe(403);
    await ensureAccess(await lab.open({ public: true, allow: ['group:team@example.com'] }), 'echo');
    expect(await call(uri, null)).toBe(200);
    await ensureAccess(await lab.open({ allow: ['group:team@example.com'] }), 'echo');
    expect(await call(uri, null)).toBe(403);
  });

  test('somebody else writes the policy in between: both changes are there', async () => {
    const held = lab.hold({ operation: 'run:SetIamPolicy' }, 'request');
    const session = await lab.open({ allow: ['group:team@example.com', 'domain:example.org'] });
    const ensured = ensureAccess(session, 'echo');
    await held.reached;
    lab.world.policies.grant(path(), ROLE, 'user:eve@example.com');
    held.release();
    await ensured;
    expect(members()).toEqual(expect.arrayContaining(['user:eve@example.com', 'domain:example.org', BOB]));
    expect(lab.calls.filter(({ name, code }) => name === 'run:SetIamPolicy' && code === 'ABORTED')).toHaveLength(1);
  });

  test('killed between writing down and letting in, the next command may still take away whom it let in', async () => {
    lab.fault({ operation: 'run:SetIamPolicy' }, { kind: 'error-after', code: 'PERMISSION_DENIED' });
    await expect(ensureAccess(await lab.open({ allow: [ADA, 'group:team@example.com', 'domain:example.org'] }), 'echo')).rejects.toThrow();
    expect(members()).toContain(ADA);
    await ensureAccess(await lab.open({ allow: ['group:team@example.com', 'domain:example.org'] }), 'echo');
    expect(members()).not.toContain(ADA);
  });

  test('the policy of the organisation is named, with the way out', async () => {
    const message = 'One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy.';
    lab.fault({ operation: 'run:SetIamPolicy' }, { code: 'FAILED_PRECONDITION', message });
    const error = await failure(ensureAccess(await lab.open({ public: true }), 'echo'));
    expect(error).toMatchObject({ code: 'GCP_ORGANISATION', kind: 'config', message: expect.stringContaining('iam.allowedPolicyMemberDomains'), hint: expect.stringContaining('--allow') });
  });

  test('a member that does not exist is named', async () => {
    const gone = `serviceAccount:gone@${lab.project}.iam.gserviceaccount.com`;
    const error = await failure(ensureAccess(await lab.open({ allow: [gone] }), 'echo'));
    expect(error).toMatchObject({ code: 'GCP_MEMBER', message: expect.stringContaining(`gone@${lab.project}`) });
  });

  test('a service that is not there has no access', async () => {
    expect(await observeAccess(await lab.open(), 'nothing')).toBeNull();
  });
});
