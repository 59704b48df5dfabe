/** A file of a framework's own format as a card. */
import type { FrameworkCard } from '../../card.ts';
import { isDamage, Malformed } from '../bytes/malformed.ts';
import type { Draft, OpenFile, Reader } from './reader.ts';

/** Errors that say that there is nothing to serve, not that serving it were dangerous. */
const HARMLESS = new Set(['no-estimator', 'no-features']);

/** What is wrong with the bytes becomes a finding; errors of the disk and an abort pass through. */
export async function frameworkCard(model: Pick<OpenFile, 'path' | 'size'>, begins: Reader['begins'], read: (draft: Draft) => Promise<void>): Promise<FrameworkCard> {
  const draft: Draft = {
    ...begins,
    madeBy: null,
    model: null,
    facts: {},
    inputs: [],
    outputs: [],
    featureNames: null,
    featureCount: null,
    classes: null,
    distributions: [begins.framework.name],
    versions: {},
    atLeast: {},
    files: [],
    findings: [],
  };
  try {
    await read(draft);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    draft.findings.push(error.finding);
  }
  // They quote the file, and end up on terminals.
  draft.findings = draft.findings.map((finding) => ({ ...finding, message: finding.message.replaceAll(/\p{Cc}/gu, '\u{fffd}') }));
  const { findings, framework } = draft;
  if (framework.version !== null) draft.versions[framework.name] = framework.version;
  const errors = findings.filter(({ severity }) => severity === 'error');
  return {
    kind: 'framework',
    path: model.path,
    size: model.size,
    ...draft,
    safe: errors.every(({ code }) => HARMLESS.has(code)),
    damaged: errors.some(isDamage),
  };
}
