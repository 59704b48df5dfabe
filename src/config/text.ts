/** What mlfn.yaml is at first. */
import { stringify } from 'yaml';

/** @param schema path that an editor finds the schema at */
export function fileText(settings: Record<string, string>, schema: string | null): string {
  return `${schema === null ? '' : `# yaml-language-server: $schema=${schema}\n`}${stringify(settings)}
# What else there is, with its default:
# memory: 1024      MB of one worker
# timeout: 30       seconds for one request
# concurrency: 2    requests answered side by side
# idle: 300         seconds without a call after which a worker ends
# code, requirements, python, env, local: see mlfn deploy --help
`;
}
