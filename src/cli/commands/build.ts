import path from 'node:path';
import type { Built, Slimmed, SizeTable, SlimRow } from '../../bundle/index.ts';
import { sizeText } from '../../size-text.ts';
import type { Slimming } from '../../pipeline.ts';
import type { Finding, Lock } from '../../types.ts';
import { command, type View } from '../command.ts';
import { EXIT } from '../exit.ts';
import { labelled, table } from '../lines.ts';
import { MODEL_ARGUMENT, PACKAGE_OPTIONS, SETTINGS_OPTIONS } from '../options.ts';
import { findingLines } from './inspect.ts';

interface BuildResult extends Built {
  name: string;
  target: string;
  python: string;
  platform: Lock['platform'];
  /** Where the versions came from. */
  lockedBy: string;
  digests: { dependencies: string; function: string; model: string; lock: string };
  sizes: SizeTable;
  /** With --explain: what of each package slimming keeps, or why it keeps everything. `needed` false: the whole fits, and is what was written. */
  slimming?: { needed: boolean; packages: SlimRow[] } | { needed: boolean; why: string };
  findings: Finding[];
}

function explained({ needed, result }: Slimming, rows: (found: Slimmed) => SlimRow[]): NonNullable<BuildResult['slimming']> {
  return 'why' in result ? { needed, why: result.why } : { needed, packages: rows(result) };
}

function slimmingLines({ slimming }: BuildResult, { paint }: View): string[] {
  if (slimming === undefined) return [];
  if ('why' in slimming) return labelled(paint.bold, 'slim', `everything is kept: ${slimming.why}`);
  const [head = '', ...lines] = table([
    ['package', 'kept', '', 'dropped', '', 'why'],
    ...slimming.packages.map(({ name, kept, dropped, why }) => [name, kept.files, sizeText(kept.bytes), dropped.files, sizeText(dropped.bytes), why]),
  ]);
  const sum = (side: 'kept' | 'dropped') => sizeText(slimming.packages.reduce((total, each) => total + each[side].bytes, 0));
  const told = slimming.needed ? `${sum('kept')} kept, ${sum('dropped')} left out` : `not needed, as the whole fits: it would be ${sum('kept')}, without ${sum('dropped')}`;
  return [paint.dim(head), ...lines, ...labelled(paint.bold, 'slim', told)];
}

const MEASURES = { zip: 'zipped', unzipped: 'whole', function: 'yours' };

export const build = command({
  name: 'build',
  summary: 'Write the package of a model as files, and show what takes its space',
  details: 'The same inputs give the same bytes. Exit code 3 when the package is larger than the target takes.',
  arguments: [MODEL_ARGUMENT],
  options: {
    out: { kind: 'text', value: 'DIR', completes: 'folder', summary: 'Folder for the files (default: mlfn-build/NAME)' },
    sample: SETTINGS_OPTIONS.sample,
    explain: { kind: 'flag', summary: 'Show what of each package a prediction needs, and why; needs a sample' },
    ...PACKAGE_OPTIONS,
  },
  examples: [
    ['build model.joblib', 'dependencies.zip, function.zip, pylock.toml and manifest.json'],
    ['build model.joblib --out package --json', 'sizes and digests as JSON'],
    ['build model.joblib --sample payload.json --explain', 'what of each package is needed, and why'],
  ],
  async run(ctx, input): Promise<BuildResult> {
    const { loadConfig, checkFiles } = await import('../../config/index.ts');
    const config = await checkFiles(await loadConfig(ctx, input));
    const [{ open }, { make }, { build: writeFiles, sizeTable, slimRows }] = await Promise.all([
      import('../function.ts'),
      import('../../pipeline.ts'),
      import('../../bundle/index.ts'),
    ]);
    const target = await open(config.target, config.targetConfig);
    const made = await make(ctx, target, { ...config, trust: input.trust, explain: input.explain });
    const built = await writeFiles(ctx, { bundle: made.shipped, lock: made.lock }, path.resolve(ctx.cwd, input.out ?? path.join('mlfn-build', config.name)));
    const { bundle, lock, shipped, slimming } = made;
    return {
      ...built,
      name: config.name,
      target: config.target,
      python: lock.python,
      platform: lock.platform,
      lockedBy: lock.sourceDetail,
      digests: {
        dependencies: shipped.dependencies.digest,
        function: shipped.function.digest,
        model: bundle.modelDigest,
        lock: lock.digest,
      },
      sizes: sizeTable(lock, bundle, target.provider.limits(target.config), built),
      ...(slimming === null || !input.explain ? {} : { slimming: explained(slimming, (found) => slimRows(lock, slimming.whole.dependencies, found)) }),
      findings: bundle.findings,
    };
  },
  text: (result, view) => {
    const { paint } = view;
    const { rows, checks } = result.sizes;
    const [head = '', ...lines] = table([
      ['part', 'version', 'files', 'unzipped', 'zipped (estimated)'],
      ...rows.map((row) => [row.name, row.version ?? '', row.files, sizeText(row.unzippedBytes), sizeText(row.zippedBytes)]),
    ]);
    return [
      paint.dim(head),
      ...lines,
      ...checks.flatMap(({ measure, bytes, limit, over, fits }) =>
        labelled(
          fits ? paint.bold : paint.red.bold,
          MEASURES[measure],
          `${sizeText(bytes)}${limit === null ? `, no limit on ${result.target}` : ` of ${sizeText(limit)}${(over ?? 0) > 0 ? `: ${sizeText(over ?? 0)} too much` : ''}`}`,
        ),
      ),
      ...slimmingLines(result, view),
      ...findingLines(result.findings, view),
      ...labelled(paint.green.bold, 'wrote', `${result.files.map((file) => file.path).join(', ')}  in ${result.folder}`),
    ];
  },
  exitCode: ({ sizes }) => (sizes.fits ? EXIT.ok : EXIT.limit),
});
