/** What AWS and the network say, as it comes over a socket or from the SDK, and the words that are made of it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { MlfnError } from '../../src/errors.ts';
import { explainAws } from '../../src/providers/aws/errors.ts';
import { observeBucket } from '../../src/providers/aws/storage/bucket.ts';
import { hasObject } from '../../src/providers/aws/storage/objects.ts';
import { claimNumber, listRecords } from '../../src/providers/aws/storage/records.ts';
import { awsEnv } from './lab/credentials.ts';
import { freePort } from './lab/server.ts';
import { deployerOf, failure, makeBucket, startS3, type S3Lab } from './storage-lab.ts';

let s3: S3Lab;

beforeAll(async () => {
  s3 = await startS3();
  await makeBucket(await deployerOf(s3.env));
});
afterAll(() => s3.stop());

const DIGEST = 'a'.repeat(64);

/** A server that answers everything as AWS would in its place. */
async function answering(status: number, code: string, message: string): Promise<{ env: Record<string, string>; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'REQUEST1' });
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><RequestId>REQUEST1</RequestId></Error>`;
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { env: awsEnv(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked };
}

test('a secret that is not of the key, from a real S3', async () => {
  const wrong = await deployerOf({ ...s3.env, AWS_SECRET_ACCESS_KEY: 'another' });
  const error = await failure(listRecords(wrong, 'heart'));
  expect(error).toMatchObject({ code: 'AWS_CREDENTIALS', hint: expect.stringContaining('AWS_SECRET_ACCESS_KEY') });
});

test('no credentials at all', async () => {
  const env = { ...s3.env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const error = await failure(listRecords(await deployerOf(env), 'heart'));
  expect(error).toMatchObject({ code: 'AWS_CREDENTIALS', message: expect.stringContaining('There are no AWS credentials'), hint: expect.stringContaining('--profile') });
});

test('nobody listens: the address and the proxies are named, passwords are not', async () => {
  const port = await freePort();
  const env = { ...awsEnv(`http://127.0.0.1:${port}`), NO_PROXY: '127.0.0.1', HTTPS_PROXY: 'http://me:secret@proxy.example:3128' };
  const error = await failure(hasObject(await deployerOf(env), DIGEST));
  delete process.env['HTTPS_PROXY'];
  expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', kind: 'remote', message: expect.stringContaining(`127.0.0.1:${port}`) });
  expect(error.hint).toContain('HTTPS_PROXY=http://***@proxy.example:3128');
  expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('secret');
});

test('a host that does not exist is named', async () => {
  const env = awsEnv('http://s3.no-such-place.invalid');
  const error = await failure(hasObject(await deployerOf(env), DIGEST));
  expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', message: expect.stringContaining('s3.no-such-place.invalid') });
});

test.each([
  ['AccessDenied', 403, 'User: arn:aws:iam::1:user/me is not authorized to perform: s3:ListBucket because no identity-based policy allows it', 'AWS_DENIED'],
  ['ExpiredToken', 400, 'The provided token has expired.', 'AWS_CREDENTIALS_EXPIRED'],
  ['RequestTimeTooSkewed', 403, 'The difference between the request time and the current time is too large.', 'AWS_CLOCK'],
  ['InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.', 'AWS_CREDENTIALS'],
  ['SlowDown', 503, 'Please reduce your request rate.', 'AWS_THROTTLED'],
  ['InternalError', 500, 'We encountered an internal error. Please try again.', 'AWS_FAILED'],
])('%s', async (code, status, message, ours) => {
  const { env, asked } = await answering(status, code, message);
  const error = await failure(listRecords(await deployerOf(env), 'heart'));
  expect(error).toMatchObject({ code: ours, details: { aws: code, requestId: 'REQUEST1' } });
  expect(error.message).toContain(message);
  if (ours === 'AWS_DENIED') {
    expect(error.message).toMatch(/^AWS does not allow s3:ListBucket on arn:aws:s3:::mlfn-123456789012-eu-west-1\. User: /);
    expect(error.hint).toContain('s3:ListBucket');
  }
  // Only what passes by itself is asked again.
  expect(asked.length > 1).toBe(status >= 500);
});

test('a denied write names its key', async () => {
  const { env } = await answering(403, 'AccessDenied', 'Access Denied');
  const denied = await deployerOf(env);
  const error = await failure(hasObject(denied, DIGEST));
  expect(error.message).toBe(`AWS does not allow s3:GetObject on arn:aws:s3:::mlfn-123456789012-eu-west-1/objects/${DIGEST}.zip.`);
  // A listing that is refused without a word about a policy: the owner that every call names is another one.
  expect((await failure(claimNumber(denied, 'heart', {} as never))).code).toBe('AWS_BUCKET_TAKEN');
  const { env: policy } = await answering(403, 'AccessDenied', 'User: arn:aws:iam::1:user/me is not authorized to perform: s3:ListBucket');
  const refused = await failure(claimNumber(await deployerOf(policy), 'heart', {} as never));
  expect(refused).toMatchObject({ code: 'AWS_DENIED', message: expect.stringContaining('s3:ListBucket') });
});

test('a bucket that may not be looked at is told from one of someone else', async () => {
  const policy = await answering(403, 'AccessDenied', 'User: arn:aws:iam::1:user/me is not authorized to perform: s3:ListBucket');
  expect((await failure(observeBucket(await deployerOf(policy.env)))).code).toBe('AWS_DENIED');
  const owner = await answering(403, 'AccessDenied', 'Access Denied');
  expect((await failure(observeBucket(await deployerOf(owner.env)))).code).toBe('AWS_BUCKET_TAKEN');
});

const NEED = { action: 'lambda:UpdateAlias', resource: 'heart' };
const thrown = (name: string, message: string, more: object = {}) => Object.assign(new Error(message), { name, ...more });

test.each([
  ['AWS_CREDENTIALS_EXPIRED', thrown('CredentialsProviderError', 'The SSO session associated with this profile has expired.')],
  ['AWS_CREDENTIALS_EXPIRED', thrown('ExpiredTokenException', 'The security token included in the request is expired', { $metadata: { httpStatusCode: 403 } })],
  ['AWS_CREDENTIALS', thrown('CredentialsProviderError', 'Could not load credentials from any providers')],
  ['AWS_CLOCK', thrown('InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z', { $metadata: { httpStatusCode: 403 } })],
  ['AWS_CREDENTIALS', thrown('InvalidSignatureException', 'The request signature we calculated does not match', { $metadata: { httpStatusCode: 403 } })],
  ['AWS_THROTTLED', thrown('TooManyRequestsException', 'Rate exceeded', { $metadata: { httpStatusCode: 429 } })],
  ['AWS_UNREACHABLE', thrown('TimeoutError', 'socket timed out')],
  ['AWS_UNREACHABLE', Object.assign(new AggregateError([Object.assign(new Error('connect ECONNREFUSED ::1:80'), { code: 'ECONNREFUSED' })], ''), { code: 'ECONNREFUSED' })],
  ['AWS_UNREACHABLE', Object.assign(new Error('self-signed certificate in certificate chain'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })],
  ['INTERRUPTED', thrown('AbortError', 'Request aborted')],
  ['AWS_QUOTA', thrown('CodeStorageExceededException', 'Code storage limit exceeded.', { $metadata: { httpStatusCode: 400 } })],
])('%s for %s', (code, error) => {
  const explained = explainAws(error, NEED) as MlfnError;
  expect([explained.code, explained.cause]).toEqual([code, error]);
  expect(explained.hint).toMatch(/^[A-Z].*\.$/);
  expect(explained.message).toMatch(/\.$/);
});

test('what is not of AWS stays what it is', () => {
  const bug = new TypeError('x is undefined');
  const known = new MlfnError('AWS_REGION', 'No region.');
  expect([explainAws(bug, NEED), explainAws(known, NEED)]).toEqual([bug, known]);
  expect(explainAws(bug, NEED)).toBe(bug);
});
