/** Labels of a function and its service: the user's, and what says that mlfn made it or took it over. */
import type { GcpConfig } from './config.ts';
import { LABEL, LABEL_VALUE } from './names.ts';

/** On what somebody else had made: it is never removed for the sake of a release that failed. */
const ADOPTED_LABEL = 'mlfn-adopted';

type Labels = Record<string, string>;

/** @param there of what is there; null when there is nothing */
export function labelsFor({ labels }: Pick<GcpConfig, 'labels'>, there: Labels | null | undefined): Labels {
  const adopted = there !== null && there !== undefined && there[LABEL] === undefined;
  return { ...there, ...labels, [LABEL]: LABEL_VALUE, ...(adopted ? { [ADOPTED_LABEL]: '1' } : {}) };
}

export function isTheirs(labels: Labels | null | undefined): boolean {
  return labels?.[LABEL] === undefined || labels[ADOPTED_LABEL] !== undefined;
}
