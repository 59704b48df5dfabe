/** The live release through its endpoint, as a client would; a given one by lambda:Invoke on its version. */
import { InvokeCommand, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { ProxyAgent } from 'proxy-agent';
import { MlfnError } from '../../../errors.ts';
import type { Answer, Call } from '../../../live.ts';
import type { HttpReply } from '../../http-reply.ts';
import { patiently } from '../../patience.ts';
import type { Line } from '../../provider.ts';
import { call as callAws, nameOf, Patience } from '../call.ts';
import { withFailure } from './call-log.ts';
import { type Endpoint, observeEndpoint } from '../endpoint/endpoint.ts';
import { explainAws } from '../errors.ts';
import { toEvent } from './event.ts';
import { failureIn, failureOf, type FunctionError } from './failure.ts';
import { send } from './http.ts';
import { ALIAS } from '../names.ts';
import { assertLetIn, busy, tooLarge } from './refusals.ts';
import { readReport } from './report.ts';
import type { Session } from '../session.ts';
import { gone, listVersions } from '../versions.ts';

export async function invoke(session: Session, name: string, release: number | null, call: Call): Promise<Answer> {
  if (release === null) return viaEndpoint(session, name, call);
  return callVersion(session, name, { release, qualifier: await versionOf(session, name, release) }, call);
}

async function callVersion(session: Session, name: string, { release, qualifier }: { release: number; qualifier: string }, call: Call): Promise<Answer> {
  const payload = Buffer.from(JSON.stringify(toEvent(call, name)));
  const { value, ...answer } = await invokeFunction(session, name, { qualifier, payload });
  return { ...answer, ...(answer.failure === undefined ? httpOf(value) : problemOf(answer.failure)), release };
}

/** The payload is the event, as from the console: the answer is the JSON value that the function returns. */
export async function direct(session: Session, name: string, release: number | null, payload: Uint8Array): Promise<Answer> {
  const qualifier = release === null ? ALIAS : await versionOf(session, name, release);
  const { value, executed, ...answer } = await invokeFunction(session, name, { qualifier, payload });
  const number = release ?? (await listVersions(session, name)).find(({ version }) => version === executed)?.release ?? null;
  return { ...answer, ...(answer.failure === undefined || value !== undefined ? jsonOf(value) : problemOf(answer.failure)), release: number };
}

async function viaEndpoint(session: Session, name: string, call: Call): Promise<Answer> {
  const endpoint = await knownEndpoint(session, name);
  const begun = performance.now();
  const reply = await sendTo(session, endpoint, call).catch((error: unknown) => {
    throw explainAws(error, { action: actionOf(endpoint), resource: endpoint.url, env: session.ctx.env });
  });
  const durationMs = performance.now() - begun;
  await assertLetIn(session, name, endpoint, { reply, sent: call.body?.length ?? 0 });
  const answer = answerOf(reply, durationMs);
  return answer.status >= 500 ? withFailure(session, name, answer) : answer;
}

async function knownEndpoint(session: Session, name: string): Promise<Endpoint> {
  const endpoint = await observeEndpoint(session, name);
  if (endpoint !== null) return endpoint;
  throw new MlfnError('AWS_NO_ENDPOINT', `${name} has no endpoint in ${session.region}.`, {
    hint: `Deploy it again: mlfn deploy --name ${name} --target aws.`,
  });
}

function sendTo(session: Session, endpoint: Endpoint, call: Call, agent?: ProxyAgent): Promise<HttpReply> {
  // A path that looks like an address of its own stays a path: nothing signed goes to another host.
  const url = new URL(`./${call.path.replace(/^\/+/, '')}`, endpoint.url);
  return send(session, url, call, endpoint.open ? null : endpoint.service, agent);
}

function answerOf(reply: HttpReply, durationMs: number): Answer {
  const { 'x-mlfn-release': release, 'x-mlfn-request-id': own, 'x-amzn-requestid': theirs } = reply.headers;
  return {
    ...reply,
    durationMs,
    handlerMs: null,
    coldMs: null,
    release: release === undefined ? null : Number(release),
    ...((own ?? theirs) === undefined ? {} : { requestId: own ?? theirs }),
  };
}

/** To the endpoint, or by lambda:Invoke to a version. */
export async function line(session: Session, name: string, release: number | null): Promise<Line> {
  if (release === null) {
    const endpoint = await knownEndpoint(session, name);
    const agent = new ProxyAgent({ keepAlive: true });
    const call = async (asked: Call) => {
      const begun = performance.now();
      const reply = await sendTo(session, endpoint, asked, agent);
      return answerOf(reply, performance.now() - begun);
    };
    return { call, close: () => agent.destroy() };
  }
  const qualifier = await versionOf(session, name, release);
  const asking = Object.create(session, { lambda: { value: session.lambdaOnce } }) as Session;
  const call = (asked: Call) => callVersion(asking, name, { release, qualifier }, asked).catch(refusedCall);
  return { call, close: () => undefined };
}

/** What the endpoint would answer in its place. */
function refusedCall(error: unknown): Answer {
  if (!(error instanceof MlfnError) || error.code !== 'AWS_BUSY') throw error;
  return { status: 429, headers: {}, body: Buffer.from(error.message), durationMs: 0, handlerMs: null, coldMs: null, release: null };
}

function actionOf({ service }: Endpoint): string {
  return service === 'lambda' ? 'lambda:InvokeFunctionUrl' : 'execute-api:Invoke';
}

async function versionOf(session: Session, name: string, release: number): Promise<string> {
  const found = (await listVersions(session, name)).find((each) => each.release === release)?.version;
  if (found !== undefined) return found;
  throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${release} of ${name}.`, {
    hint: 'Another command may have removed it: see `mlfn releases`.',
  });
}

type Invoked = Omit<Answer, 'status' | 'headers' | 'body' | 'release'> & { value: unknown; executed: string | undefined };

/** `value` is undefined when Lambda itself says that the function failed. */
async function invokeFunction(session: Session, name: string, { qualifier, payload }: { qualifier: string; payload: Uint8Array }): Promise<Invoked> {
  const begun = performance.now();
  const reply = await sendInvoke(session, name, qualifier, payload);
  const durationMs = performance.now() - begun;
  const log = Buffer.from(reply.LogResult ?? '', 'base64').toString('utf8');
  const report = readReport(log);
  const text = Buffer.from(reply.Payload ?? []).toString('utf8');
  const value: unknown = text === '' ? null : JSON.parse(text);
  const failed = reply.FunctionError !== undefined;
  const failure = failed ? { ...failureOf((value ?? {}) as FunctionError) } : isProblem(value, 500) ? failureIn(log) : null;
  return {
    durationMs,
    handlerMs: report?.durationMs ?? null,
    coldMs: report?.initMs ?? null,
    ...(report === null ? {} : { billed: { durationMs: report.billedMs, memoryMb: report.memoryMb, maxMemoryMb: report.maxMemoryMb } }),
    ...(reply.$metadata.requestId === undefined ? {} : { requestId: reply.$metadata.requestId }),
    ...(failure === null ? {} : { failure }),
    value: failed ? undefined : value,
    executed: reply.ExecutedVersion,
  };
}

/** After two idle weeks: docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html */
const NOT_READY = 'SnapStartNotReadyException';

async function sendInvoke(session: Session, name: string, qualifier: string, payload: Uint8Array): Promise<InvokeCommandOutput> {
  const input = { FunctionName: name, Qualifier: qualifier, LogType: 'Tail', Payload: payload } as const;
  const resource = `${name}:${qualifier}`;
  try {
    return await patiently(new Patience(session), 'the snapshot to be ready', (error) => nameOf(error) === NOT_READY, () =>
      callAws(
        { action: 'lambda:InvokeFunction', resource },
        () => session.lambda.send(new InvokeCommand(input), { abortSignal: session.ctx.signal }),
        [NOT_READY, 'TooManyRequestsException', 'RequestTooLargeException', 'ResourceNotFoundException'],
      ),
    );
  } catch (error) {
    if (nameOf(error) === 'TooManyRequestsException') throw busy(name, 'lambda', { resource });
    if (nameOf(error) === 'ResourceNotFoundException') throw gone(name);
    if (nameOf(error) === 'RequestTooLargeException') throw tooLarge(payload.length, { resource });
    throw error;
  }
}

interface HttpAnswer {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

type Reply = Pick<Answer, 'status' | 'headers' | 'body'>;

function httpOf(value: unknown): Reply {
  const { statusCode, headers, body, isBase64Encoded } = (value ?? {}) as HttpAnswer;
  return {
    status: statusCode ?? 200,
    headers: headers ?? {},
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** A bare payload has no status; the serving code's problem document names one. */
function jsonOf(value: unknown): Reply {
  const status = isProblem(value) ? value.status : 200;
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}

function isProblem(value: unknown, from = 400): value is { status: number } {
  const { type, status } = (value ?? {}) as { type?: unknown; status?: unknown };
  return typeof type === 'string' && type.startsWith('urn:mlfn:') && typeof status === 'number' && status >= from;
}

/** What an endpoint would answer is an empty 502: here the error is told, as a problem document (RFC 9457). */
function problemOf({ type, message, where }: NonNullable<Answer['failure']>): Reply {
  const detail = `${type}: ${message}${where === null ? '' : ` (${where})`}`;
  const problem = { type: 'about:blank', title: 'The function failed', status: 502, detail };
  return { status: 502, headers: { 'content-type': 'application/problem+json' }, body: Buffer.from(JSON.stringify(problem)) };
}
