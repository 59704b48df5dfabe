/** A model of a framework's own format, for a person to read. */
import { sizeText } from '../size-text.ts';
import type { FrameworkCard, Port } from '../card.ts';
import type { View } from './command.ts';
import { countText, wrapped } from './format.ts';
import { labelled } from './lines.ts';

/** More than that nobody reads; --json has them all. */
const MOST_PORTS = 20;

export function frameworkLines(card: FrameworkCard, { paint }: View): string[] {
  const line = (label: string, text: string | null) => (text === null || text === '' ? [] : labelled(paint.bold, label, printable(text)));
  const facts = Object.entries(card.facts).map(([name, value]) => `, ${name} ${value}`);
  return [
    ...line('file', card.path),
    ...line('format', `${card.format}${facts.join('')}, ${sizeText(card.size)}`),
    ...line('made', madeText(card)),
    ...line('model', card.model === null ? null : wrapped(card.model)),
    ...line('input', portLines(card.inputs, card.featureCount)),
    ...line('output', portLines(card.outputs, null)),
    ...line('with', wrapped(card.files.join(', '))),
    ...line('needs', card.distributions.join(', ')),
    ...safetyLines(card, paint),
  ];
}

function madeText({ madeBy, framework }: FrameworkCard): string {
  const { name, version } = madeBy ?? framework;
  return `with ${name} ${version ?? '(no version in the file)'}`;
}

/** `age  float32 [?, 3]`, a line each; columns that differ by name alone in one. */
function portLines(ports: readonly Port[], features: number | null): string {
  const [first] = ports;
  if (first !== undefined && features !== null && features > 1 && ports.length === features && ports.every(({ type, shape }) => type === first.type && shape?.length === 1)) {
    return wrapped(`${countText(features, 'feature')}, ${first.type ?? '?'}: ${ports.map(({ name }) => name).join(', ')}`);
  }
  const lines = ports.slice(0, MOST_PORTS).map(({ name, type, shape }) => `${name}  ${type ?? '?'}${shape === null ? '' : ` [${shape.map((size) => size ?? '?').join(', ')}]`}`);
  const more = ports.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function safetyLines(card: FrameworkCard, paint: View['paint']): string[] {
  if (card.damaged) return labelled(paint.red.bold, 'broken', 'cannot be loaded; nothing was executed');
  if (!card.safe) return labelled(paint.red.bold, 'unsafe', 'not to be loaded; nothing was executed');
  return labelled(paint.green.bold, 'safe', 'brings no Python code along; nothing was executed');
}

/** Names come from the file, and a terminal obeys what it is sent. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '\u{fffd}');
}
