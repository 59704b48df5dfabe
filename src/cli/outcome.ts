/** What a deploy, a rollback and a removal came to, for people. */
import type { Outcome } from '../pipeline.ts';
import type { Step } from '../providers/provider.ts';
import type { View } from './command.ts';
import { countText } from './format.ts';
import { labelled } from './lines.ts';

export function planLines(outcome: Outcome, { paint }: View): string[] {
  return [
    ...labelled(paint.bold, 'plan', outcome.steps.map((step) => stepText(step, outcome)).join('\n')),
    ...labelled(paint.dim, '', 'nothing was changed (--dry-run)'),
  ];
}

function stepText(step: Step, outcome: Outcome): string {
  switch (step.kind) {
    case 'store':
      return `store    the ${step.part} part  ${step.digest.slice(0, 12)}`;
    case 'publish':
      return `publish  release ${step.expect} of ${outcome.name} beside the live one`;
    case 'verify':
      return "verify   its answers against the model's own";
    case 'switch':
      return `switch   ${step.from === null ? 'the endpoint' : `from release ${step.from}`} to ${step.number === null ? 'it' : `release ${step.number}`}`;
    case 'prune':
      return `prune    all but the newest ${countText(step.keep, 'release')}`;
    case 'remove':
      return `remove   ${step.name} with ${countText(step.releases.length, 'release')}${step.releases.length === 0 ? '' : `: ${step.releases.join(', ')}`}`;
  }
}
