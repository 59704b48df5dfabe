/** What curl needs to call an endpoint: a signature where it is closed (curl 7.75 or newer makes one), the way to an emulator. */
import type { Curl } from '../../provider.ts';
import type { Session } from '../session.ts';

/** No key is part of it: the shell puts its variables in. */
export async function curl(session: Session, url: string): Promise<Curl> {
  const at = new URL(url);
  const custom = session.ctx.env['AWS_ENDPOINT_URL'];
  const words = custom === undefined ? [] : ['--connect-to', `::${authority(new URL(custom))}`];
  if (custom !== undefined) at.protocol = new URL(custom).protocol;
  if (session.config.public) return { url: at.href, words, note: null };
  const { sessionToken } = await session.credentials();
  words.push('--aws-sigv4', `aws:amz:${session.region}:${at.hostname.includes('.execute-api.') ? 'execute-api' : 'lambda'}`);
  words.push('--user', '${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}');
  if (sessionToken !== undefined) words.push('-H', 'x-amz-security-token: ${AWS_SESSION_TOKEN}');
  return { url: at.href, words, note: noteFor(session) };
}

function authority({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'http:' ? 80 : 443) : port}`;
}

/** Null when the shell's own variables are what the SDK takes; a profile that is named comes before them. */
function noteFor({ config, ctx: { env } }: Session): string | null {
  const profile = config.profile ?? env['AWS_PROFILE'];
  if (profile === undefined && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return null;
  const named = profile === undefined ? '' : ` --profile ${profile}`;
  return `The keys are not in this shell: eval "$(aws configure export-credentials${named} --format env)" puts them there; \`mlfn invoke\` needs none.`;
}
