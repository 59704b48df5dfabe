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
    case 'ensure':
      return `${step.change.padEnd(7)}  the ${step.resource}  ${step.name}${step.detail === undefined ? '' : `  ${step.detail}`}`;
    case 'store':
      return `store    the ${step.part === 'image' ? 'image' : `${step.part} part`}  ${step.digest.slice(0, 12)}`;
    case 'publish':
      return `publish  release ${step.expect} of ${outcome.name} beside the live one`;
    case 'verify':
      return "verify   its answers against the model's own";
    case 'switch':
      return switchText(step);
    case 'prune':
      return `prune    all but the newest ${countText(step.keep, 'release')}`;
    case 'remove':
      return [
        `remove   ${step.name} with ${countText(step.releases.length, 'release')}${step.releases.length === 0 ? '' : `: ${step.releases.join(', ')}`}`,
        ...step.also.map((what) => `remove   ${what}`),
      ].join('\n');
  }
}

function switchText({ number, from, percent }: Extract<Step, { kind: 'switch' }>): string {
  const to = number === null ? 'it' : `release ${number}`;
  if (percent !== undefined) return `switch   ${percent} % of the traffic from release ${from} to ${to}`;
  return `switch   ${from === null ? 'the endpoint' : `from release ${from}`} to ${to}`;
}
