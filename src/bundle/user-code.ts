/** The user's own code: what was named, what the pickle names, and what those import; nothing else of the folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import type { ModelCard } from '../card.ts';
import type { Entry, Finding, Lock } from '../types.ts';
import { type Module, moduleOf, moduleOfClass } from './modules.ts';
import { type Scan, scanModules } from './scan.ts';
import { UserFiles } from './user-files.ts';

export interface CodeRequest {
  card: ModelCard;
  lock: Lock;
  /** Folder with the installed wheels. */
  dependencies: string;
  hooks?: string;
  code?: string;
  include?: readonly string[] | undefined;
  root?: string;
}

export interface UserCode {
  entries: Entry[];
  findings: Finding[];
  /** Module of the artifact itself, when that is Python. */
  artifact: Module | null;
  hooks: Module | null;
  /** Classes that the pickle looks for in `__main__` -> their module. */
  main: Record<string, string>;
}

/** Codes of the errors: BUNDLE_CLASS_NOT_FOUND, _CODE_CLASH, _CODE_INVALID, _MAIN_RUNS_WORK, _MODULE_NAME, _SECRET. */
export async function userCode(ctx: Context, request: CodeRequest): Promise<UserCode> {
  const { card, lock, dependencies } = request;
  const code = request.code === undefined ? undefined : path.resolve(ctx.cwd, request.code);
  const project = request.root === undefined ? undefined : path.resolve(ctx.cwd, request.root);
  const artifact = card.kind === 'python' ? moduleOf(card.path, code) : null;
  const hooks = request.hooks === undefined ? null : moduleOf(path.resolve(ctx.cwd, request.hooks), code);
  const classes = (card.kind === 'model' ? card.userClasses : []).map((each) => ({
    ...each,
    defined: moduleOfClass(each, code),
  }));
  const ofMain = classes.filter((each) => each.module === '__main__');
  const named = [artifact, hooks, ...classes.map((each) => each.defined)].filter((module) => module !== null);
  const roots = [...new Set([...(code === undefined ? [] : [code]), ...named.map((module) => module.root)])];
  const files = new UserFiles(ctx, path.dirname(card.path), project);
  if (named.length > 0) {
    const scan = await scanModules(ctx, { interpreter: lock.interpreter, roots, entries: named, dependencies });
    for (const each of ofMain) assertQuiet(each.name, each.defined, scan);
    await gather(files, named, scan);
  }
  for (const file of request.include ?? []) await files.include({ path: file, root: rootOf(file, roots) });
  // The folders that things were taken from; what lies above them was never about to travel.
  for (const folder of new Set([...roots, path.dirname(card.path)])) await files.listSecrets(folder);
  const main = Object.fromEntries(ofMain.map((each) => [each.name, each.defined.name]));
  return { entries: files.entries, findings: files.findings, artifact, hooks, main };
}

/** The code finds it where it lies beside it; what lies elsewhere goes to the top. */
function rootOf(file: string, roots: string[]): string {
  const above = roots.filter((root) => file.startsWith(root + path.sep));
  return above.toSorted((one, other) => other.length - one.length)[0] ?? path.dirname(file);
}

async function gather(files: UserFiles, named: Module[], scan: Scan): Promise<void> {
  refuseHiding(named, scan, files.findings);
  for (const file of scan.files) {
    await files.add(file, named.some((module) => module.path === file.path) ? 'named' : 'imported');
  }
  // Named modules inside packages go first: what was named travels even where an ignore file says otherwise.
  for (const module of named) await files.add(module, 'named');
  for (const folder of scan.packages) await files.addFolder(folder);
  for (const file of scan.flask) {
    // Flask looks for both folders beside the module that makes the app; a package brings them along already.
    const located = scan.files.find((each) => each.path === file);
    for (const name of located === undefined ? [] : ['templates', 'static']) {
      const folder = { path: path.join(path.dirname(file), name), root: located?.root ?? '' };
      if (existsSync(folder.path)) await files.addFolder(folder);
    }
  }
  for (const { path: file, line, module } of scan.missing) {
    files.findings.push({
      severity: 'warning',
      code: 'import-not-found',
      message: `${path.basename(file)}:${line} imports ${module}, which is neither in your folder nor among the dependencies.`,
      hint: `Add it to requirements.txt, or give the folder that holds ${module} with --code DIR.`,
    });
  }
}

/** Modules named like one of Python's or of a dependency would be imported in its place, by everybody. */
function refuseHiding(named: Module[], scan: Scan, findings: Finding[]): void {
  for (const shadow of scan.shadows) {
    const whose = shadow.hides === 'standard-library' ? "Python's own module" : 'the dependency';
    const message = `${shadow.path} would hide ${whose} ${shadow.name}.`;
    const hint = `Rename ${path.basename(shadow.path)}, and its imports.`;
    if (named.some((module) => module.path === shadow.path)) {
      throw new MlfnError('BUNDLE_MODULE_NAME', message, { hint, details: { file: shadow.path, module: shadow.name } });
    }
    findings.push({ severity: 'warning', code: 'module-hides-another', message, hint });
  }
}

/** A training script that holds a class must be importable without training again. */
function assertQuiet(name: string, module: Module, scan: Scan): void {
  const work = scan.work[module.path];
  if (work === null || work === undefined) return;
  const place = `${module.path}:${work.line}`;
  throw new MlfnError('BUNDLE_MAIN_RUNS_WORK', `${place} does work as soon as it is imported: ${work.text}`, {
    hint:
      `Move class ${name} to a file of its own and import it from there, or put the work of ` +
      `${path.basename(module.path)} under \`if __name__ == "__main__":\`.`,
    details: { file: module.path, line: work.line, class: name },
  });
}
