/** Whether the secrets that variables are read from are there. Their values are never asked for. */
import type { Finding } from '../../../types.ts';
import { gcpCode } from '../errors.ts';
import type { Session } from '../session.ts';
import { assertAnswered, mayNotAsk } from './project.ts';

const READ = { permission: 'secretmanager.versions.get', role: 'roles/secretmanager.viewer' };

/** cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get */
export async function askSecrets(session: Session, member: string | null): Promise<Finding[]> {
  const { project, config } = session;
  const asked = Object.entries(config.secrets).map(async ([variable, reference]): Promise<Finding[]> => {
    const [, name = '', version = ''] = /^(.*):([^:]+)$/.exec(reference) ?? [];
    const secret = name.includes('/') ? name : `projects/${project}/secrets/${name}`;
    try {
      const { state } = await session.request<{ state?: string }>('secretmanager', 'GET', `/v1/${secret}/versions/${version}`, undefined, READ.permission);
      return state === undefined || state === 'ENABLED' ? [] : [missing(variable, reference, `is ${state.toLowerCase()}`, secret)];
    } catch (error) {
      if (gcpCode(error) === 'NOT_FOUND') return [missing(variable, reference, 'does not exist', secret)];
      assertAnswered(error);
      return [mayNotAsk(session, `whether the secret ${reference} is there`, READ, member)];
    }
  });
  return (await Promise.all(asked)).flat();
}

function missing(variable: string, reference: string, what: string, secret: string): Finding {
  const [, project, , name] = secret.split('/');
  return {
    severity: 'error',
    code: 'gcp-secret',
    message: `The secret ${reference} of the variable ${variable} ${what}.`,
    hint: `Name another, or add a version: gcloud secrets versions add ${name} --project ${project} --data-file FILE`,
  };
}
