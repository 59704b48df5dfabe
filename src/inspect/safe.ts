import { MlfnError } from '../errors.ts';
import path from 'node:path';
import type { Card, FrameworkCard, FrameworkFormat, ModelCard, NetworkCard, ServedCard } from '../card.ts';
import type { NetworkFormat } from '../types.ts';
import { isDamage } from './bytes/malformed.ts';
import { NOT_SERVED } from './framework/formats.ts';

const NETWORKS: ReadonlySet<FrameworkFormat> = new Set<NetworkFormat>(['keras', 'keras-h5', 'saved-model', 'torchscript', 'torch-exported']);

/** Findings of files that a model refers to, or links to, outside its folder. */
const ELSEWHERE: ReadonlySet<string> = new Set(['external-data-outside', 'link']);

/**
 * Lets a card pass that may be loaded. `trust` lets what is outside the allowlist pass, not what is damaged.
 * @throws MODEL_UNSAFE, MODEL_DAMAGED, MODEL_NO_FEATURES, MODEL_NO_ESTIMATOR, MODEL_NOT_SERVED
 */
export function assertSafe(card: Card, { trust }: { trust: boolean }): asserts card is ModelCard {
  if (card.kind === 'python') return;
  const errors = card.findings.filter(({ severity }) => severity === 'error');
  const details = { path: card.path, findings: errors };
  // What lies elsewhere cannot travel with the model, whoever trusts it.
  const elsewhere = errors.find(({ code }) => ELSEWHERE.has(code));
  if (elsewhere !== undefined) throw new MlfnError('MODEL_UNSAFE', located(elsewhere), { hint: elsewhere.hint, details });
  const damage = errors.find(isDamage);
  if (damage !== undefined) {
    throw new MlfnError('MODEL_DAMAGED', located(damage), { hint: damage.hint, details });
  }
  if (!card.safe && !trust) {
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more; see mlfn inspect)` : '';
    throw new MlfnError('MODEL_UNSAFE', `${first === undefined ? 'The file is not proven safe.' : located(first)}${more}`, {
      hint: first?.hint ?? 'Load this file only if you know who made it; then give --trust.',
      details,
    });
  }
  const empty = errors.find(({ code }) => code === 'no-features');
  if (empty !== undefined) throw new MlfnError('MODEL_NO_FEATURES', empty.message, { hint: empty.hint, details });
  const data = errors.find(({ code }) => code === 'no-estimator');
  if (data !== undefined) throw new MlfnError('MODEL_NO_ESTIMATOR', data.message, { hint: data.hint, details });
  if (card.kind !== 'framework') return;
  if (!isServed(card)) throw notServed(card);
  const foreign = card.findings.find(({ code }) => code === 'custom-operators' || code === 'custom-object');
  if (foreign !== undefined) throw new MlfnError('MODEL_NOT_SERVED', `${path.basename(card.path)}: ${foreign.message}`, { hint: foreign.hint, details: { path: card.path, format: card.format } });
}

export function isServed(card: FrameworkCard): card is ServedCard {
  return !(card.format in NOT_SERVED);
}

/** Whether it is converted to ONNX first. */
export function isNetwork(card: Card): card is NetworkCard {
  return card.kind === 'framework' && NETWORKS.has(card.format);
}

function notServed({ path: file, format }: FrameworkCard): MlfnError {
  const { title, instead } = NOT_SERVED[format as keyof typeof NOT_SERVED];
  return new MlfnError('MODEL_NOT_SERVED', `${path.basename(file)} is ${title}, which mlfn reads but cannot serve yet.`, { hint: instead, details: { path: file, format } });
}

function located({ message, offset }: { message: string; offset?: number }): string {
  return offset === undefined ? message : `${message.replace(/\.$/, '')}, at byte ${offset}.`;
}
