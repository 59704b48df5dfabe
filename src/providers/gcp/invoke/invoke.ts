/** A call of the live release at the service's URL, as a client would; of a given one at its tag's. */
import { randomBytes } from 'node:crypto';
import type { ProxyAgent } from 'proxy-agent';
import { MlfnError } from '../../../errors.ts';
import type { Answer, Call } from '../../../live.ts';
import { Patience, until } from '../../patience.ts';
import type { Line } from '../../provider.ts';
import { idToken } from '../access/id-token.ts';
import { explainGcp } from '../errors.ts';
import type { Session } from '../session.ts';
import { withFailure } from './call-log.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import type { HttpReply } from '../../http-reply.ts';
import { send } from './http.ts';
import { assertLetIn, isOwnAnswer, MOST_BYTES, tooLarge } from './refusals.ts';

/** A URL that was made a moment ago is not known everywhere yet. */
const KNOWN_WITHIN_MS = 60_000;

export async function invoke(session: Session, name: string, release: number | null, call: Call): Promise<Answer> {
  const sent = call.body?.length ?? 0;
  if (sent > MOST_BYTES) throw tooLarge(sent, {});
  const endpoint = await endpointOf(session, name, release);
  const token = await idToken(session, endpoint.audience).catch(orWithout);
  const trace = randomBytes(16).toString('hex');
  const asked = await ask(session, endpoint, { call, token, trace, patient: release !== null });
  await assertLetIn(session, name, endpoint, { reply: asked.reply, sent, withoutToken: token instanceof Error ? token : null });
  const answer = answerOf(asked, trace, release);
  return answer.status >= 500 ? withFailure(session, name, answer) : answer;
}

interface Asked {
  reply: HttpReply;
  durationMs: number;
}

interface Question {
  call: Call;
  token: string | Error;
  trace: string;
  /** Waits until the URL is known. */
  patient: boolean;
}

async function ask(session: Session, endpoint: Endpoint, { call, token, trace, patient }: Question): Promise<Asked> {
  const once = () =>
    askOnce(session, endpoint, { call, token, trace }).catch((error: unknown) => {
      throw explainGcp(error, { permission: 'run.routes.invoke', resource: endpoint.url });
    });
  if (!patient) return once();
  const patience = new Patience(session.ctx, KNOWN_WITHIN_MS, 'GCP_SLOW');
  return until(patience, `${new URL(endpoint.url).host} to be known`, once, ({ reply }) => reply.status !== 404 || isOwnAnswer(reply));
}

async function askOnce(session: Session, { url }: Endpoint, { call, token, trace }: Omit<Question, 'patient'>, agent?: ProxyAgent): Promise<Asked> {
  // A path that looks like an address of its own stays a path: no token goes to another host.
  const to = new URL(`./${call.path.replace(/^\/+/, '')}`, url.endsWith('/') ? url : `${url}/`);
  // www.w3.org/TR/trace-context: Cloud Run keeps the id, and its log names the call by it.
  const own = { traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`, ...(token instanceof Error ? {} : { authorization: `Bearer ${token}` }) };
  const begun = performance.now();
  const reply = await send(session, to, call, own, agent);
  return { reply, durationMs: performance.now() - begun };
}

/** A token is asked for again when the one before ends. */
export async function line(session: Session, name: string, release: number | null): Promise<Line> {
  const endpoint = await endpointOf(session, name, release);
  const { ProxyAgent } = await import('proxy-agent');
  const agent = new ProxyAgent({ keepAlive: true });
  const call = async (asked: Call) => {
    const token = await idToken(session, endpoint.audience).catch(orWithout);
    const trace = randomBytes(16).toString('hex');
    return answerOf(await askOnce(session, endpoint, { call: asked, token, trace }, agent), trace, release);
  };
  return { call, close: () => agent.destroy() };
}

/** An open endpoint needs none. */
function orWithout(error: unknown): MlfnError {
  if (error instanceof MlfnError && error.code === 'GCP_ID_TOKEN') return error;
  throw error;
}

function answerOf({ reply, durationMs }: Asked, trace: string, asked: number | null): Answer {
  const release = reply.headers['x-mlfn-release'];
  return { ...reply, durationMs, handlerMs: null, coldMs: null, release: release === undefined ? asked : Number(release), requestId: trace };
}
