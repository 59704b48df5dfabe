/** What curl needs to call an endpoint: an ID token where it is closed, which the shell gets when the line is run. */
import { platform } from 'node:os';
import type { Curl } from '../../provider.ts';
import { type CredentialFile, credentialFile, kindOf } from '../access/credentials.ts';
import type { Session } from '../session.ts';

/** cloud.google.com/compute/docs/metadata/overview */
const METADATA = 'metadata.google.internal';

interface Way {
  /** A command that prints an ID token. */
  command: string;
  /** What must have been done for it to work. */
  note: string | null;
}

/** No token is part of it. @param url of the service */
export async function curl(session: Session, url: string): Promise<Curl> {
  if (session.config.public) return { url, words: [], note: null };
  const { command, note } = wayTo(url.replace(/\/$/, ''), await credentialFile(session.auth), session.ctx.env);
  if (platform() !== 'win32') return { url, words: ['-H', `Authorization: Bearer $(${command})`], note };
  // cmd.exe puts no command's output into a line: a variable has to hold it.
  const first = `for /f %t in ('${command}') do @set MLFN_ID_TOKEN=%t`;
  return { url, words: ['-H', 'Authorization: Bearer ${MLFN_ID_TOKEN}'], note: `The token has to be in MLFN_ID_TOKEN: ${first}${note === null ? '' : ` (${note})`}` };
}

/** cloud.google.com/run/docs/authenticating/developers, cloud.google.com/docs/authentication/get-id-token */
export function wayTo(audience: string, file: CredentialFile | null, env: Session['ctx']['env']): Way {
  const print = 'gcloud auth print-identity-token';
  const account = /serviceAccounts\/([^/:]+):/.exec(file?.service_account_impersonation_url ?? '')?.[1];
  const impersonating = `${print} --impersonate-service-account=${account} --audiences=${audience} --include-email`;
  switch (kindOf(file)) {
    case 'metadata':
      // What gcloud would ask; a container in the cloud seldom has gcloud.
      return { command: `curl -s -H Metadata-Flavor:Google ${identityUrl(env['GCE_METADATA_HOST'] || METADATA, audience)}`, note: null };
    case 'key':
      return { command: `${print} ${file?.client_email ?? ''} --audiences=${audience}`, note: 'gcloud has to know the key: gcloud auth activate-service-account --key-file "$GOOGLE_APPLICATION_CREDENTIALS".' };
    case 'impersonated':
      return { command: impersonating, note: 'gcloud has to be signed in as you: gcloud auth login.' };
    case 'workload':
      return { command: account === undefined ? print : impersonating, note: 'gcloud has to be signed in: gcloud auth login --cred-file "$GOOGLE_APPLICATION_CREDENTIALS"; `mlfn invoke` needs no gcloud.' };
    case 'user':
    case 'workforce':
    case 'other':
      // For a person gcloud takes no audience, and Cloud Run takes gcloud's own.
      return { command: print, note: 'gcloud has to be signed in as you: gcloud auth login; `mlfn invoke` needs no gcloud.' };
  }
}

/** Quoted: zsh takes a question mark for a pattern. */
function identityUrl(host: string, audience: string): string {
  const quote = platform() === 'win32' ? '"' : "'";
  return `${quote}http://${host}/computeMetadata/v1/instance/service-accounts/default/identity?audience=${audience}${quote}`;
}
