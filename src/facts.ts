/** The lines of a deploy's story: each is a fact that was measured in this run. */
import path from 'node:path';
import type { Event } from './events.ts';
import type { EstimatorNode, ModelCard } from './card.ts';
import { sizeText } from './size-text.ts';
import type { ReleaseImage, Verification } from './live.ts';
import type { Bundle, Form, Lock } from './types.ts';

type Fact = Extract<Event, { type: 'fact' }>;

export function modelFact(card: ModelCard): Fact {
  if (card.kind === 'python') return fact('model', `${path.basename(card.path)}:${card.attribute}`, 'Python function or app');
  const { framework, featureCount, classes } = card;
  const estimator = card.kind === 'model' ? card.estimator : null;
  return fact(
    'model',
    framework === null ? card.format : [framework.name, framework.version].filter((part) => part !== null).join(' '),
    card.kind === 'framework' ? card.model : estimator === null ? null : chain(estimator),
    [counted(featureCount, 'feature', 'features'), counted(classes?.length ?? null, 'class', 'classes')]
      .filter((part) => part !== null)
      .join(', '),
  );
}

export function lockFact(lock: Lock): Fact {
  const packages = counted(lock.packages.length, 'package', 'packages');
  return fact('lock', `Python ${lock.python}`, packages, lock.sourceDetail, lock.offline ? 'no network: from the cache' : null);
}

/** @param why of everything in one zip; null where it is not. And why the model is not in the package */
export function bundleFact(form: Form, bundle: Bundle, { oneZip, apart }: { oneZip: string | null; apart: string }): Fact {
  const { dependencies, function: own, fetched } = bundle;
  const sizes =
    dependencies.size === 0 ? `${sizeText(own.size)} unzipped` : `function ${sizeText(own.size)} + dependencies ${sizeText(dependencies.size)} unzipped`;
  const parts = oneZip === null ? null : `in one zip: ${oneZip}`;
  return fact('engine', form.engine, form.why, sizes, parts, fetched === null ? null : `model ${sizeText(fetched.size)} fetched at start: ${apart}`);
}

/** @param bytes of all dependencies, unzipped. @param found the slimmed ones, or why there are none */
export function slimFact(bytes: number, found: { dependencies: { size: number }; answers: number } | { why: string }): Fact {
  if ('why' in found) return fact('slim', 'all dependencies are in the package', found.why);
  const { dependencies, answers } = found;
  return fact('slim', `dependencies ${sizeText(dependencies.size)} instead of ${sizeText(bytes)} unzipped, which do not fit`, `${answers} of ${answers} answers alike without the rest`);
}

export function imageFact({ digest, size }: ReleaseImage, layers: number): Fact {
  return fact('image', digest.slice('sha256:'.length).slice(0, 12), `${sizeText(size)} in ${counted(layers, 'layer', 'layers')}`);
}

/** Why a package becomes an image, where a zip was tried first. */
export function oversizeFact({ dependencies, function: own }: Bundle, { unzippedBytes }: { unzippedBytes: number | null }): Fact {
  const most = unzippedBytes === null ? '' : ` of ${sizeText(unzippedBytes)}`;
  return fact('package', 'as an image', `${sizeText(dependencies.size + own.size)} unzipped are more than a zip may have${most}`);
}

export function sentFact(part: string, digest: string, bytes: number): Fact {
  return fact('sent', `${part} ${digest.slice(0, 8)}`, bytes === 0 ? 'was there' : sizeText(bytes));
}

export function checkFact(release: number | null, verification: Verification): Fact {
  const { method, compared, largestDifference, coldMs, warmMs } = verification;
  const said =
    method === 'sample'
      ? `release ${release} gave ${compared} of ${compared} answers` + (largestDifference === null ? '' : `, largest difference ${largestDifference}`)
      : `release ${release} is healthy; give --sample to have its answers compared with the model's own`;
  const times = [coldMs === null ? null : `cold ${duration(coldMs)}`, warmMs === null ? null : `warm ${duration(warmMs)}`];
  return fact('check', said, times.filter((part) => part !== null).join(', '));
}

function fact(label: string, ...parts: (string | null)[]): Fact {
  return { type: 'fact', label, text: parts.filter((part) => part !== null && part !== '').join('    ') };
}

/** `ColumnTransformer > LogisticRegression`: a Pipeline by its steps, anything else by its class. */
function chain(node: EstimatorNode): string {
  const name = node.class.slice(node.class.lastIndexOf('.') + 1);
  return name === 'Pipeline' && node.children.length > 0 ? node.children.map(chain).join(' > ') : name;
}

function counted(count: number | null, one: string, many: string): string | null {
  return count === null ? null : `${count} ${count === 1 ? one : many}`;
}

function duration(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
