/** Which operation of which service a request is, with the names in its path. */
import type { IncomingHttpHeaders } from 'node:http';
import { modelOf, type Model } from './models.ts';

export interface Identified {
  /** As the signature names it: lambda, s3, iam, sts, logs, apigateway, scheduler, ecr; 'url' for a call of a Function URL, 'registry' for one of ECR's registry. */
  service: string;
  /** `Invoke`, `PutObject`, ...; 'Unknown' when no operation has this method and path. */
  operation: string;
  /** Empty for an unsigned call. */
  accessKey: string;
  region: string;
  /** From the path and the query: FunctionName, Bucket, Key, Qualifier, ... */
  names: Record<string, string>;
}

interface Route {
  operation: string;
  method: string;
  path: RegExp;
  params: string[];
  literals: [string, string][];
  query: Map<string, string>;
  requiredQuery: string[];
  requiredHeaders: string[];
}

const routes = new Map<string, Route[]>();

/** `form` is the body of a query-protocol call (IAM, STS): its Action is there. */
export function identify(method: string, url: string, headers: IncomingHttpHeaders, form: () => string): Identified {
  const { pathname, searchParams } = new URL(url, 'http://gate');
  const pushed = registryOperation(method, pathname, headers.authorization ?? '');
  if (pushed !== null) return { ...pushed, service: 'registry', accessKey: '', region: '' };
  const credential = scopeOf(headers.authorization ?? '', searchParams);
  const found = { accessKey: credential[0] ?? '', region: credential[2] ?? '', names: {} };
  if (headers.host?.includes('.lambda-url.')) return { ...found, service: 'url', operation: 'Call' };
  const service = credential[3] ?? '';
  const model = modelOf(service);
  if (!model) return { ...found, service, operation: 'Unknown' };
  if (model.metadata.protocol === 'json') {
    return { ...found, service, operation: String(headers['x-amz-target'] ?? 'Unknown').split('.').at(-1) as string };
  }
  if (model.metadata.protocol === 'query') {
    return { ...found, service, operation: new URLSearchParams(form()).get('Action') ?? 'Unknown' };
  }
  return { ...found, service, ...matched(service, model, method, pathname, searchParams, headers) };
}

/** Of the OCI distribution protocol, which ECR speaks beside its API: named as the API names the same act. */
function registryOperation(method: string, pathname: string, authorization: string): Pick<Identified, 'operation' | 'names'> | null {
  if (authorization.startsWith('AWS4-') || !/^\/v2\/($|.+\/(blobs|manifests)\/)/.test(pathname)) return null;
  const [, repository = '', kind = '', rest = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
  const uploads = kind === 'blobs' && rest.startsWith('uploads');
  const operation =
    kind === '' ? 'GetVersion'
    : kind === 'manifests' ? (method === 'PUT' ? 'PutImage' : 'GetImage')
    : !uploads ? 'GetLayer'
    : ({ POST: 'InitiateLayerUpload', PATCH: 'UploadLayerPart', PUT: 'CompleteLayerUpload' }[method] ?? 'GetLayerUpload');
  return { operation, names: { repository, reference: rest } };
}

/** Access key, date, region and service: the scope of a signature in the header or in the query. */
function scopeOf(authorization: string, query: URLSearchParams): string[] {
  const credential = /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? query.get('X-Amz-Credential') ?? '';
  return credential.split('/');
}

/** Several operations share a path (S3): the one that names the most of what this request has. */
function matched(
  service: string, model: Model, method: string, pathname: string, query: URLSearchParams, headers: IncomingHttpHeaders,
): Pick<Identified, 'operation' | 'names'> {
  const known = routes.get(service) ?? routesOf(model);
  routes.set(service, known);
  const fitting = known.filter((route) =>
    route.method === method && route.path.test(pathname) &&
    route.literals.every(([name, value]) => query.has(name) && (value === '' || query.get(name) === value)) &&
    route.requiredQuery.every((name) => query.has(name)) && route.requiredHeaders.every((name) => name in headers));
  const weight = (route: Route) =>
    1000 * (10 - route.params.length) + 10 * route.literals.length + route.requiredQuery.length + route.requiredHeaders.length;
  const best = fitting.sort((a, b) => weight(b) - weight(a))[0];
  if (!best) return { operation: 'Unknown', names: {} };
  const values = (best.path.exec(pathname) as RegExpExecArray).slice(1).map(decodeURIComponent);
  const names = Object.fromEntries(best.params.map((name, index) => [name, values[index] ?? '']));
  for (const [name, key] of best.query) if (query.has(key)) names[name] = query.get(key) as string;
  return { operation: best.operation, names };
}

function routesOf(model: Model): Route[] {
  return Object.entries(model.operations).map(([operation, { http, input }]) => {
    const [pathPart = '', queryPart = ''] = http.requestUri.split('?');
    const shape = input ? model.shapes[input.shape] : undefined;
    const members = Object.entries(shape?.members ?? {});
    const required = (where: string) => members
      .filter(([name, member]) => member.location === where && shape?.required?.includes(name))
      .map(([, member]) => (member.locationName ?? '').toLowerCase() && (where === 'header' ? (member.locationName ?? '').toLowerCase() : member.locationName ?? ''));
    const params = [...pathPart.matchAll(/\{([^}+]+)\+?\}/g)].map((match) => match[1] as string);
    const source = pathPart.replace(/\/$/, '').split(/(\{[^}]+\})/).map(patternOf).join('');
    return {
      operation,
      method: http.method,
      path: new RegExp(`^${source}/?$`),
      params,
      literals: queryPart.split('&').filter(Boolean).map((pair) => [pair.split('=')[0] as string, pair.split('=')[1] ?? '']),
      query: new Map(members.filter(([, member]) => member.location === 'querystring').map(([name, member]) => [name, member.locationName ?? name])),
      requiredQuery: required('querystring'),
      requiredHeaders: required('header'),
    };
  });
}

function patternOf(part: string): string {
  if (part.endsWith('+}')) return '(.+)';
  if (part.startsWith('{')) return '([^/]+)';
  return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
