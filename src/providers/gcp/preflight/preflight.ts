/** What would make a deploy fail, found before anything is made, each with the command that mends it. */
import type { Finding } from '../../../types.ts';
import { memberOf, whoAmI } from '../access/credentials.ts';
import type { Session } from '../session.ts';
import { askAllowed } from './allowed.ts';
import { apisFor, permissionsFor } from './permissions.ts';
import { askApis, askBilling, askProject, askRegion } from './project.ts';
import { remember, remembered } from './remembered.ts';
import { askSecrets } from './secrets.ts';

/**
 * @param name of the function, where it is known: a grant may be for that one only
 * @throws GCP_CREDENTIALS, GCP_CREDENTIALS_EXPIRED
 */
export async function preflight(session: Session, name = 'mlfn'): Promise<Finding[]> {
  const { ctx, project, region, config } = session;
  const credentials = await whoAmI(session.auth);
  const member = memberOf(credentials);
  const who = member ?? credentials.account ?? credentials.kind;
  const needed = [...permissionsFor(config).keys()];
  const question = JSON.stringify([who, project, region, name, session.bucket, config.serviceAccount ?? null, apisFor(config), needed, config.secrets]);
  const known = await remembered(ctx.home, question);
  const asked = known === null ? await ask(session, name, member) : { number: known, findings: [] };
  const shown = asked.number === null || asked.number === '' ? project : `${project} (${asked.number})`;
  ctx.emit({ type: 'fact', label: 'gcp', text: `project ${shown}    ${region}    ${who}` });
  if (known === null && asked.findings.every(({ severity }) => severity !== 'error')) await remember(ctx.home, question, asked.number ?? '');
  return asked.findings;
}

async function ask(session: Session, name: string, member: string | null): Promise<{ number: string | null; findings: Finding[] }> {
  const project = await askProject(session, member);
  // Without a project nothing else has an answer.
  if (project.findings.some(({ severity }) => severity === 'error')) return project;
  const rest = await Promise.all([askApis(session, member), askBilling(session, member), askRegion(session), askAllowed(session, name, member), askSecrets(session, member)]);
  return { number: project.number, findings: [...project.findings, ...rest.flat()] };
}
