/** The live release through its endpoint, as a client would; a given one by lambda:Invoke on its version. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { MlfnError } from '../../errors.ts';
import type { Answer, Call } from '../../types.ts';
import { call as callAws, nameOf, patiently } from './call.ts';
import { toEvent } from './event.ts';
import { explainAws } from './errors.ts';
import { sendSigned } from './http.ts';
import { readReport } from './report.ts';
import type { Session } from './session.ts';
import { observeUrl } from './url.ts';
import { listVersions } from './versions.ts';

export async function invoke(session: Session, name: string, release: number | null, call: Call): Promise<Answer> {
  return release === null ? viaUrl(session, name, call) : direct(session, name, release, call);
}

async function viaUrl(session: Session, name: string, call: Call): Promise<Answer> {
  const endpoint = await observeUrl(session, name);
  if (endpoint === null) {
    throw new MlfnError('AWS_NO_ENDPOINT', `${name} has no endpoint in ${session.region}.`, {
      hint: `Deploy it again: mlfn deploy --name ${name} --target aws.`,
    });
  }
  const begun = performance.now();
  const reply = await sendSigned(session, new URL(call.path.replace(/^\//, ''), endpoint.url), call).catch((error: unknown) => {
    throw explainAws(error, { action: 'lambda:InvokeFunctionUrl', resource: endpoint.url, env: session.ctx.env });
  });
  return {
    ...reply,
    durationMs: performance.now() - begun,
    handlerMs: null,
    coldMs: null,
    release: releaseIn(reply.headers),
  };
}

/** A snapshot that was not used for 14 days is made again: docs.aws.amazon.com/lambda/latest/dg/snapstart.html */
const RESTORING = ['SnapStartNotReadyException'];
const isRestoring = (error: unknown) => RESTORING.includes(nameOf(error));

async function direct(session: Session, name: string, release: number, call: Call): Promise<Answer> {
  const version = (await listVersions(session, name)).find((each) => each.release === release)?.version;
  if (version === undefined) {
    throw new MlfnError('RELEASE_UNKNOWN', `There is no release ${release} of ${name}.`, {
      hint: 'Another command may have removed it: see `mlfn releases`.',
    });
  }
  const begun = performance.now();
  const input = { FunctionName: name, Qualifier: version, LogType: 'Tail', Payload: Buffer.from(JSON.stringify(toEvent(call, name))) } as const;
  const need = { action: 'lambda:InvokeFunction', resource: `${name}:${version}` };
  const reply = await patiently(session, 'the snapshot of the loaded model', isRestoring, () =>
    callAws(need, () => session.lambda.send(new InvokeCommand(input), { abortSignal: session.ctx.signal }), RESTORING),
  );
  const durationMs = performance.now() - begun;
  const report = readReport(Buffer.from(reply.LogResult ?? '', 'base64').toString('utf8'));
  return {
    ...answerOf(JSON.parse(Buffer.from(reply.Payload ?? []).toString('utf8') || 'null'), reply.FunctionError),
    durationMs,
    handlerMs: report?.durationMs ?? null,
    coldMs: report?.initMs ?? null,
    release,
    ...(report === null
      ? {}
      : { billed: { durationMs: report.billedMs, memoryMb: report.memoryMb, maxMemoryMb: report.maxMemoryMb } }),
  };
}

interface LambdaAnswer {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

interface LambdaError {
  errorType?: string;
  errorMessage?: string;
  stackTrace?: string[];
}

function answerOf(payload: unknown, functionError: string | undefined): Pick<Answer, 'status' | 'headers' | 'body'> {
  if (functionError !== undefined) return failureOf(payload as LambdaError | null);
  const { statusCode, headers, body, isBase64Encoded } = (payload ?? {}) as LambdaAnswer;
  return {
    status: statusCode ?? 200,
    headers: headers ?? {},
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** What a Function URL would answer is an empty 502: here the error is told, as a problem document (RFC 9457). */
function failureOf(error: LambdaError | null): Pick<Answer, 'status' | 'headers' | 'body'> {
  const { errorType = 'Error', errorMessage = 'the function failed', stackTrace = [] } = error ?? {};
  const where = stackTrace.at(-1)?.trim().split('\n')[0];
  const detail = `${errorType}: ${errorMessage}${where === undefined ? '' : ` (${where})`}`;
  const problem = { type: 'about:blank', title: 'The function failed', status: 502, detail };
  return { status: 502, headers: { 'content-type': 'application/problem+json' }, body: Buffer.from(JSON.stringify(problem)) };
}

function releaseIn(headers: Record<string, string>): number | null {
  const found = headers['x-mlfn-release'];
  return found === undefined ? null : Number(found);
}
