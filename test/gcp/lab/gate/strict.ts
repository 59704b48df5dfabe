/** Each call as Cloud Storage answers it: what fake-gcs-server lacks is done here, the rest passed on. */
import type { Exchange } from '../gate.ts';
import { type Answer, invalid, json, NO_BUCKET, NOT_MET, refused } from './refusal.ts';

type Handler = (exchange: Exchange) => Promise<Answer> | Answer;

const HANDLERS: Record<string, Handler> = {
  'buckets.insert': insertBucket,
  'buckets.list': ({ buckets, query }) => buckets.list(query.get('project'), query.get('prefix') ?? ''),
  'buckets.get': ({ call, buckets }) => (buckets.get(call.bucket) === undefined ? refused(NO_BUCKET) : buckets.read(call.bucket)),
  'buckets.patch': ({ call, buckets, query, body }) => buckets.patch(call.bucket, parsed(body), query.get('ifMetagenerationMatch')),
  'buckets.delete': deleteBucket,
  'buckets.getIamPolicy': ({ call, buckets }) => buckets.policy(call.bucket),
  'buckets.setIamPolicy': ({ call, buckets, body }) => buckets.setPolicy(call.bucket, parsed(body)),
  'buckets.testIamPermissions': ({ query }) => json({ kind: 'storage#testIamPermissionsResponse', permissions: query.getAll('permissions') }),
  'objects.insert': insertObject,
  'objects.delete': deleteObject,
  'session.start': startSession,
  'session.put': putSession,
  'session.status': putSession,
  'session.cancel': ({ sessions, query }) => sessions.cancel(query.get('upload_id') ?? ''),
};

/** The permission of each method: docs.cloud.google.com/storage/docs/access-control/iam-json */
const PERMISSIONS: Record<string, string> = {
  'objects.insert': 'storage.objects.create',
  'objects.read': 'storage.objects.get',
  'session.start': 'storage.objects.create',
  'buckets.patch': 'storage.buckets.update',
};

export async function served(exchange: Exchange): Promise<Answer> {
  const { call, buckets } = exchange;
  // The URI of a session is all that it asks for.
  const asked = call.bucket !== '' && !/^session\.(put|status|cancel)$/.test(call.name);
  if (asked) {
    const stranger = buckets.refuseStranger(call.bucket, PERMISSIONS[call.name] ?? `storage.${call.name}`);
    if (stranger !== null) return stranger;
  }
  if (call.name.startsWith('objects.') && buckets.get(call.bucket) === undefined) return refused(NO_BUCKET);
  return (HANDLERS[call.name] ?? ((each: Exchange) => each.forward()))(exchange);
}

function parsed<T>(body: Buffer): T {
  return JSON.parse(body.toString() || '{}') as T;
}

async function insertBucket({ buckets, query, body, forward }: Exchange): Promise<Answer> {
  const answer = buckets.insert(parsed(body), query.get('project'));
  if (answer.status !== 200) return answer;
  const made = await forward();
  // A test may have taken it from the gate alone.
  return made.status === 200 || made.status === 409 ? answer : made;
}

/** 409 for one that is not empty, where fake-gcs-server says 412. */
async function deleteBucket({ call, buckets, forward }: Exchange): Promise<Answer> {
  const answer = await forward();
  if (answer.status === 412) return refused({ status: 409, code: 'conflict', message: 'The bucket you tried to delete is not empty.' });
  if (answer.status < 300) buckets.delete(call.bucket);
  return answer.status === 200 ? { status: 204, headers: {}, body: '' } : answer;
}

function insertObject(exchange: Exchange): Promise<Answer> | Answer {
  const name = exchange.call.object || (/"name"\s*:\s*"([^"]*)"/.exec(exchange.body.subarray(0, 10_000).toString())?.[1] ?? '');
  exchange.call.object = name;
  return refusedName(exchange, name) ?? exchange.forward();
}

/** docs.cloud.google.com/storage/docs/objects#naming; legacy ACLs: .../uniform-bucket-level-access */
function refusedName({ call, query, buckets }: Exchange, name: string): Answer | null {
  if (name === '' || Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name) || /^(\.{1,2}$|\.well-known\/acme-challenge\/)/.test(name)) {
    return refused(invalid(`Invalid object name: '${name}'`));
  }
  const uniform = buckets.get(call.bucket)?.iamConfiguration?.uniformBucketLevelAccess?.enabled === true;
  if (!uniform || !query.has('predefinedAcl')) return null;
  return refused(invalid('Cannot insert legacy ACL for an object when uniform bucket-level access is enabled.'));
}

/** fake-gcs-server heeds no condition here. */
async function deleteObject({ call, query, forward }: Exchange): Promise<Answer> {
  const wanted = query.get('ifGenerationMatch');
  if (wanted !== null) {
    const found = await forward({ method: 'GET', url: `/storage/v1/b/${call.bucket}/o/${encodeURIComponent(call.object)}` });
    if (found.status !== 200) return found;
    if ((JSON.parse(found.body.toString()) as { generation: string }).generation !== wanted) return refused(NOT_MET);
  }
  const answer = await forward();
  return answer.status === 200 ? { status: 204, headers: {}, body: '' } : answer;
}

function startSession(exchange: Exchange): Answer {
  const { call, query, headers, body, buckets, sessions } = exchange;
  if (buckets.get(call.bucket) === undefined) return refused(NO_BUCKET);
  const name = call.object || (parsed<{ name?: string }>(body).name ?? '');
  call.object = name;
  const wrong = refusedName(exchange, name);
  if (wrong !== null) return wrong;
  query.set('bucket', call.bucket);
  const contentType = (headers['x-upload-content-type'] as string | undefined) ?? 'application/octet-stream';
  return sessions.start(call.bucket, query, contentType, body, `http://${headers.host}`);
}

function putSession({ query, headers, body, cut, sessions }: Exchange): Promise<Answer> {
  return sessions.put(query.get('upload_id') ?? '', headers['content-range'], body, headers['x-goog-hash'] as string | undefined, cut);
}
