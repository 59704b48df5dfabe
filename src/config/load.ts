/**
 * Flags, MLFN_* variables and mlfn.yaml become one configuration. Precedence: flag > environment > file > default;
 * where each value came from is remembered.
 */
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { TargetName } from '../providers/index.ts';
import { SECTIONS } from '../providers/sections.ts';
import type { RuntimeSettings } from '../live.ts';
import type { Engine, PackageForm } from '../types.ts';
import { absoluteArtifact, splitArtifact } from './artifact.ts';
import { findConfig, findConfigFor } from './find.ts';
import type { ConfigFile } from './file.ts';
import { dataFor } from './data.ts';
import { checkName, defaultName } from './name.ts';
import { fileSchema, KEYS, type FileValues, type Key } from './schema.ts';
import { readSection, REPEATED_FLAGS, SECTION_FLAGS, type SectionFlags } from './sections.ts';

export interface Config {
  /** Null when nothing names a function. */
  name: string | null;
  target: TargetName;
  /** Absolute path, or absolute `module.py:function`. */
  model: string | null;
  /** Absolute paths. */
  sample: string | undefined;
  code: string | undefined;
  include: string[] | undefined;
  hooks: string | undefined;
  requirements: string | undefined;
  /** `3.12`, or the absolute path of an interpreter. */
  python: string | undefined;
  engine: 'auto' | Engine;
  package: 'auto' | PackageForm;
  /** In a registry, or `oci:` and an absolute path. */
  base: string | undefined;
  settings: RuntimeSettings;
  /** The target's own section. */
  targetConfig: Record<string, unknown>;
  /** The mlfn.yaml that was read. */
  file: string | null;
  /** Where each value came from: `--memory`, `MLFN_MEMORY`, `mlfn.yaml:3:9`, `default`. */
  origins: Partial<Record<Key, string>>;
}

type Section = keyof typeof SECTIONS;
const SECTION_KEYS = Object.keys(SECTIONS) as readonly Section[];

/** Text as the user typed it; numbers are read and checked here. */
export type Flags = Partial<Record<Exclude<Key, 'env' | 'include' | 'data' | Section>, string>> & SectionFlags & { env?: string[]; include?: string[] };

interface Layer {
  values: FileValues;
  /** The target's own settings. */
  section(target: TargetName): Record<string, unknown>;
  /** Relative paths start here. */
  folder: string;
  /** Written for whatever target is chosen later. */
  shared: boolean;
  origin(key: Key): string;
}

const DEFAULTS = { target: 'local', memory: 1024, timeout: 30, concurrency: 2, idle: 300, engine: 'auto', package: 'auto' } as const;
const NUMBERS: readonly Key[] = ['memory', 'timeout', 'concurrency', 'idle'];

/** @throws CONFIG_* */
export async function loadConfig(ctx: Pick<Context, 'cwd' | 'env'>, flags: Flags): Promise<Config> {
  const flagLayer: Layer = {
    values: readTexts(flags, (key) => `--${key}`),
    section: (target) => readSection(target, flags, { label: (flag) => `--${hyphenated(flag)}`, strict: true }),
    folder: ctx.cwd,
    shared: false,
    origin: (key) => (key === 'model' ? 'argument' : `--${key}`),
  };
  const named = variables(ctx.env);
  const envLayer: Layer = {
    values: readTexts(named, variableName),
    section: (target) => readSection(target, named, { label: variableName, strict: false }),
    folder: ctx.cwd,
    shared: false,
    origin: variableName,
  };
  const given = flagLayer.values.model ?? envLayer.values.model;
  const file = given === undefined ? await findConfig(ctx.cwd) : await findConfigFor(absoluteArtifact(ctx.cwd, given));
  const layers = [flagLayer, envLayer, ...(file === null ? [] : [fileLayer(file)])];
  return merge(layers, file);
}

function merge(layers: Layer[], file: ConfigFile | null): Config {
  const origins: Config['origins'] = {};
  const pick = <K extends Key>(key: K, among = layers): { value: NonNullable<FileValues[K]>; layer: Layer } | undefined => {
    const layer = among.find((each) => each.values[key] !== undefined);
    if (layer === undefined) return undefined;
    origins[key] = layer.origin(key);
    return { value: layer.values[key] as NonNullable<FileValues[K]>, layer };
  };
  const pathOf = (key: 'sample' | 'code' | 'hooks' | 'requirements') => {
    const found = pick(key);
    return found === undefined ? undefined : path.resolve(found.layer.folder, found.value);
  };
  const include = pick('include');
  const withDefault = <K extends keyof typeof DEFAULTS>(key: K, among = layers) => {
    const found = pick(key, among);
    if (found === undefined) origins[key] = 'default';
    return found?.value ?? DEFAULTS[key];
  };
  const target = withDefault('target');
  const model = pick('model');
  const artifact = model === undefined ? null : absoluteArtifact(model.layer.folder, model.value);
  const name = pick('name');
  if (name !== undefined) checkName(name.value, origins.name ?? 'name');
  else if (artifact !== null) origins.name = 'default';
  const dataOf = (found: ReturnType<typeof pick<'data'>>) => (found === undefined ? {} : { data: dataFor(target, found.value, found.layer.folder) });
  const python = pick('python');
  const base = pick('base');
  // Variables add up: one flag does not hide the file's others.
  const env = Object.assign({}, ...layers.map((layer) => layer.values.env ?? {}).toReversed()) as Record<string, string>;
  if (pick('env') === undefined) origins.env = 'default';
  return {
    name: name?.value ?? (artifact === null ? null : defaultName(splitArtifact(artifact).file)),
    target,
    model: artifact,
    sample: pathOf('sample'),
    code: pathOf('code'),
    include: include?.value.map((each) => path.resolve(include.layer.folder, each)),
    hooks: pathOf('hooks'),
    requirements: pathOf('requirements'),
    python: python === undefined ? undefined : pythonOf(python.value, python.layer.folder),
    engine: withDefault('engine'),
    // The file is of all targets: an image for the clouds is no reason to refuse this machine, which knows no forms.
    package: withDefault('package', target === 'local' ? layers.filter(({ shared }) => !shared) : layers),
    base: base === undefined ? undefined : baseOf(base.value, base.layer.folder),
    settings: {
      memory: withDefault('memory'),
      timeout: withDefault('timeout'),
      concurrency: withDefault('concurrency'),
      idle: withDefault('idle'),
      env,
      ...reloadOf(pick('reload')?.value),
      ...dataOf(pick('data')),
    },
    targetConfig: sectionOf(target, layers),
    file: file?.path ?? null,
    origins,
  };
}

/** Its settings add up: a flag does not hide the file's others, nor one tag or secret the rest. */
function sectionOf(target: TargetName, layers: Layer[]): Record<string, unknown> {
  const sections = layers.map((layer) => layer.section(target)).toReversed();
  const whole: Record<string, unknown> = {};
  // `--http-api` switches on what the file describes.
  const keeps = (key: string, value: unknown) => value === true && typeof whole[key] === 'object';
  for (const section of sections) for (const [key, value] of Object.entries(section)) if (!keeps(key, value)) whole[key] = value;
  for (const key of ['tags', 'labels', 'secrets']) {
    const named = Object.assign({}, ...sections.map((each) => each[key] ?? {})) as Record<string, string>;
    if (Object.keys(named).length > 0) whole[key] = named;
  }
  return whole;
}

function fileLayer(file: ConfigFile): Layer {
  return {
    values: file.values,
    section: (target) => ({ ...file.values[target] }),
    folder: file.folder,
    shared: true,
    origin: (key) => file.where[key] ?? 'mlfn.yaml',
  };
}

/** `5m` is 300 seconds. */
function reloadOf(text: string | undefined): Pick<RuntimeSettings, 'reload'> {
  if (text === undefined || text === 'off') return {};
  if (text === 'asked') return { reload: 0 };
  return { reload: Number(text.slice(0, -1)) * { s: 1, m: 60, h: 3600 }[text.at(-1) as 's' | 'm' | 'h'] };
}

/** Of a layout on the disk. */
const LAYOUT = 'oci:';

function baseOf(value: string, folder: string): string {
  return value.startsWith(LAYOUT) ? LAYOUT + path.resolve(folder, value.slice(LAYOUT.length)) : value;
}

/** `3.12` stays; `./venv/bin/python` becomes absolute. */
function pythonOf(value: string, folder: string): string {
  return /[\\/]/.test(value) ? path.resolve(folder, value) : value;
}

/** `logRetention` -> `MLFN_LOG_RETENTION` */
function variableName(key: string): string {
  return `MLFN_${hyphenated(key).replaceAll('-', '_').toUpperCase()}`;
}

/** `logRetention` -> `log-retention` */
function hyphenated(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** MLFN_MEMORY and so on. An empty variable counts as none, as it is how a CI unsets one. */
function variables(env: Context['env']): Flags {
  const read = (key: string) => env[variableName(key)] || undefined;
  const flags: Record<string, string | string[] | undefined> = {};
  for (const key of [...KEYS, ...SECTION_FLAGS]) if (!isStructured(key)) flags[key] = read(key);
  for (const key of ['include', ...REPEATED_FLAGS]) flags[key] = read(key)?.split(',');
  return flags as Flags;
}

function readTexts(texts: Flags, label: (key: Key) => string): FileValues {
  const values: Record<string, unknown> = {};
  for (const key of KEYS) {
    if (isStructured(key)) continue;
    const text = texts[key];
    if (text === undefined) continue;
    values[key] = checked(key, NUMBERS.includes(key) ? numberOf(text) : text, label(key), text);
  }
  if (texts.include !== undefined) values['include'] = texts.include;
  if (texts.env !== undefined) values['env'] = Object.fromEntries(texts.env.map(variableOf));
  return values as FileValues;
}

/** What no one text can say. */
function isStructured(key: string): key is 'env' | 'include' | 'data' | Section {
  return key === 'env' || key === 'include' || key === 'data' || SECTION_KEYS.includes(key as Section);
}

function numberOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function checked(key: Key, value: unknown, label: string, text: string): unknown {
  if (key === 'name') return checkName(text, label);
  const parsed = fileSchema.shape[key].safeParse(value);
  if (parsed.success) return parsed.data;
  throw new MlfnError('CONFIG_VALUE', `${label} must be ${parsed.error.issues[0]?.message}, not ${JSON.stringify(text)}.`, {
    hint: key in DEFAULTS ? `Leave it out for the default, ${DEFAULTS[key as keyof typeof DEFAULTS]}.` : 'Mend it, or leave it out.',
    details: { key, value: text },
  });
}

function variableOf(text: string): [string, string] {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  if (match !== null) return [match[1] ?? '', match[2] ?? ''];
  throw new MlfnError('CONFIG_VALUE', `--env must be NAME=VALUE, not ${JSON.stringify(text)}.`, {
    hint: 'Write it as --env THRESHOLD=0.5, once per variable.',
    details: { key: 'env', value: text },
  });
}
