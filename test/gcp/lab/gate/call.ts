/** What is known of one call of the JSON API that went through the gate. */
export interface Call {
  /** From 1, in the order of arrival. */
  number: number;
  /** The API's method (`objects.insert`), `objects.read` for its bytes, and `session.start|put|status|cancel` of a resumable upload. */
  name: string;
  method: string;
  /** Path and query as sent. */
  url: string;
  /** Decoded; empty where the call has none. */
  bucket: string;
  object: string;
  /** Of the request's body as it was on the wire, also of one that was cut. */
  bytes: number;
  /** 0 until it was answered; 0 for ever when the connection was cut. */
  status: number;
  /** The reason of the gate's own refusal or fault, not the server's answer. */
  refusal?: string;
}

export type Identified = Pick<Call, 'name' | 'bucket' | 'object'>;

/** Paths of docs.cloud.google.com/storage/docs/json_api/v1; the Node client leaves `/storage/v1` out for an emulator. */
const PATH = /^(\/upload)?(?:\/download)?(?:\/storage\/v1)?\/b(?:\/([^/?]+))?(?:\/(o|iam)(?:\/([^?]+))?)?\/?$/;

export function identify(method: string, url: string): Identified {
  const { pathname, searchParams: query } = new URL(url, 'http://gate');
  const [matched, upload, bucket = '', kind, rest = ''] = PATH.exec(pathname) ?? [];
  if (matched === undefined) return { name: 'other', bucket: '', object: '' };
  const [names, object] = [{ bucket: decodeURIComponent(bucket) }, decodeURIComponent(kind === 'o' ? rest : '') || (query.get('name') ?? '')];
  const named = (name: string): Identified => ({ name, ...names, object });
  if (upload !== undefined) return named(uploadName(method, query));
  if (kind === 'iam') return named(`buckets.${rest === 'testPermissions' ? 'testIamPermissions' : method === 'GET' ? 'getIamPolicy' : 'setIamPolicy'}`);
  const one = kind === 'o' ? rest !== '' : bucket !== '';
  const verb = { GET: one ? 'get' : 'list', POST: 'insert', PATCH: 'patch', PUT: 'update', DELETE: 'delete' }[method] ?? method;
  if (kind === 'o') return named(query.get('alt') === 'media' ? 'objects.read' : `objects.${verb}`);
  return named(`buckets.${verb}`);
}

function uploadName(method: string, query: URLSearchParams): string {
  if (query.has('upload_id')) return method === 'DELETE' ? 'session.cancel' : 'session.put';
  return query.get('uploadType') === 'resumable' ? 'session.start' : 'objects.insert';
}

/** The call only reads. */
export function reads({ name }: Call): boolean {
  return /\.(get|list|read|getIamPolicy|testIamPermissions|status)$/.test(name);
}
