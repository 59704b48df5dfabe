import { command, type View } from '../command.ts';
import { EXIT } from '../exit.ts';
import { sizeText } from '../../size-text.ts';
import { countText, wrapped } from '../format.ts';
import { frameworkLines } from '../framework-text.ts';
import { labelled } from '../lines.ts';
import { MODEL_ARGUMENT, PACKAGE_OPTIONS } from '../options.ts';
import type { Card, EstimatorNode, ModelFileCard, PythonCard } from '../../card.ts';
import type { Finding } from '../../types.ts';

export const inspect = command({
  name: 'inspect',
  summary: 'Tell what a model file holds, without executing anything of it',
  details: 'The bytes are read, never loaded. Exit code 3 when an error is found: it names code outside the allowlist, is damaged, or holds nothing that predicts.',
  arguments: [MODEL_ARGUMENT],
  options: { code: PACKAGE_OPTIONS.code },
  examples: [
    ['inspect model.joblib', 'what it is, what it needs, whether it is safe to load'],
    ['inspect model.pkl --json', 'the same as JSON'],
    ['inspect model.joblib --code src', 'look for classes of your own in src'],
  ],
  homeless: true,
  async run(ctx, input): Promise<Card> {
    const [{ loadConfig, checkFiles }, stage] = await Promise.all([
      import('../../config/index.ts'),
      import('../../inspect/index.ts'),
    ]);
    const config = await checkFiles(await loadConfig(ctx, input));
    return stage.inspect(ctx, config.model, { code: config.code });
  },
  text: (card, view) => [...linesOf(card, view), ...findingLines(card.findings, view)],
  exitCode: ({ findings }) => (findings.some(({ severity }) => severity === 'error') ? EXIT.model : EXIT.ok),
});

function linesOf(card: Card, view: View): string[] {
  if (card.kind === 'model') return modelLines(card, view);
  return card.kind === 'python' ? pythonLines(card, view) : frameworkLines(card, view);
}

function modelLines(card: ModelFileCard, { paint }: View): string[] {
  const line = (label: string, text: string | null) => (text === null ? [] : labelled(paint.bold, label, text));
  const { framework, featureNames, featureCount, classes, outputClasses } = card;
  const packed = card.compression === 'none' ? '' : `, ${card.compression}`;
  return [
    ...line('file', card.path),
    ...line('format', `${card.format}, pickle protocol ${card.protocol}${packed}, ${sizeText(card.size)}`),
    ...line('made', framework === null ? 'by no framework that mlfn knows' : `with ${framework.name} ${framework.version ?? '(no version in the file)'}`),
    ...line('model', card.estimator === null ? null : treeLines(card.estimator).join('\n')),
    ...line('input', featureCount === null ? null : wrapped(`${countText(featureCount, 'feature')}${featureNames === null ? '' : `: ${featureNames.join(', ')}`}`)),
    ...line('output', classes === null ? null : wrapped(classText(classes))),
    ...line('output', outputClasses?.map((each, at) => wrapped(`${at + 1}. ${classText(each)}`)).join('\n') ?? null),
    ...line('needs', card.distributions.length === 0 ? null : card.distributions.join(', ')),
    ...line('code', card.userClasses.length === 0 ? null : card.userClasses.map((each) => `${each.module}.${each.name}  ${each.file ?? 'not found'}`).join('\n')),
    ...safetyLines(card, paint),
  ];
}

function safetyLines(card: ModelFileCard, paint: View['paint']): string[] {
  if (card.damaged) return labelled(paint.red.bold, 'broken', 'cannot be loaded, not even with --trust; nothing was executed');
  if (!card.safe) return labelled(paint.red.bold, 'unsafe', 'not loaded unless --trust is given; nothing was executed');
  return labelled(paint.green.bold, 'safe', `names nothing outside the allowlist (${countText(card.globals.length, 'global')}); nothing was executed`);
}

function classText(classes: NonNullable<ModelFileCard['classes']>): string {
  return `${countText(classes.length, 'class', 'classes')}: ${classes.map((each) => JSON.stringify(each)).join(', ')}`;
}

function pythonLines(card: PythonCard, { paint }: View): string[] {
  return [
    ...labelled(paint.bold, 'file', `${card.path}, ${sizeText(card.size)}`),
    ...labelled(paint.bold, 'serves', `${card.attribute}, a function or WSGI app of your own`),
  ];
}

/** `clf: LogisticRegression`, its parts indented below it. */
function treeLines(node: EstimatorNode, depth = 0): string[] {
  const name = node.name === undefined ? '' : `${node.name}: `;
  const columns = node.columns === undefined || node.columns.length === 0 ? '' : `  [${node.columns.join(', ')}]`;
  const own = `${'  '.repeat(depth)}${name}${node.class.split('.').at(-1)}${columns}`;
  return [own, ...node.children.flatMap((child) => treeLines(child, depth + 1))];
}

export function findingLines(findings: Finding[], { paint }: View): string[] {
  const paints = { info: paint.dim, warning: paint.yellow, error: paint.red };
  const labels = { info: 'note', warning: 'warn', error: 'error' };
  return findings.flatMap(({ severity, message, hint, offset }) =>
    labelled(paints[severity], labels[severity], offset === undefined ? message : `${message}  (byte ${offset})`, hint),
  );
}
