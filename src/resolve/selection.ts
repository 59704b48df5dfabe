/**
 * What is asked of uv. The user's requirements are respected whole, with two exceptions for a file that was only found
 * beside the model and not named: tools that no served model calls are left out, and an environment written out by `pip
 * freeze` (all pinned, tools among them) tells versions, not wishes: of it only what the artifact needs is installed.
 */
import { satisfies, valid } from '@renovatebot/pep440';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { isTool } from './distributions.ts';
import type { Needs, Pin } from './needs.ts';
import { EXACT, type Requirement, type RequirementsFile } from './requirements.ts';

export interface Selection {
  roots: string[];
  constraints: string[];
  options: string[];
  hashes: Map<string, Set<string>>;
  /** Names that the requirements pin exactly. */
  pinned: Set<string>;
  /** Root name -> who asks for it, for messages. */
  why: Map<string, string>;
}

/**
 * @param pins what the model file names the version of: exact, whatever the requirements say
 * @throws MlfnError RESOLVE_FRAMEWORK_CONFLICT | RESOLVE_REQUIREMENT_UNSUPPORTED
 */
export function select(
  ctx: Context,
  file: RequirementsFile | null,
  named: boolean,
  needs: Needs,
  pins: Pin[],
  model: string,
): Selection {
  const selection: Selection = {
    roots: [],
    constraints: file?.constraints.map((one) => one.line) ?? [],
    options: file?.options ?? [],
    hashes: file?.hashes ?? new Map(),
    pinned: new Set(),
    why: new Map(needs),
  };
  if (file !== null) takeRequirements(ctx, selection, file, named, needs);
  for (const name of needs.keys()) {
    if (!selection.roots.some((root) => startsWithName(root, name))) selection.roots.push(name);
  }
  for (const pin of pins) {
    for (const one of file?.items ?? []) if (one.name === pin.name) assertAgrees(one, pin, model);
    selection.roots = selection.roots.filter((root) => root !== pin.name);
    selection.roots.push(`${pin.name}==${pin.version}`);
  }
  selection.roots.sort();
  selection.constraints.sort();
  return selection;
}

function takeRequirements(
  ctx: Context,
  selection: Selection,
  file: RequirementsFile,
  named: boolean,
  needs: Needs,
): void {
  refuseUnsupported(ctx, file, named);
  const isNeeded = (one: Requirement) => needs.has(one.name);
  const tools = named ? [] : file.items.filter((one) => isTool(one.name) && !isNeeded(one));
  const isDump =
    tools.length > 0 && !file.generated && file.items.every((one) => EXACT.test(one.specifier) || one.specifier === '');
  const written = isDump && file.items.some((one) => EXACT.test(one.specifier)) && file.items.length > 2 * tools.length;
  for (const one of file.constraints) if (EXACT.test(one.specifier)) selection.pinned.add(one.name);
  const left = new Set(tools);
  for (const one of file.items) {
    if (EXACT.test(one.specifier)) selection.pinned.add(one.name);
    if (left.has(one) || (written && !isNeeded(one))) {
      if (one.specifier !== '' && !one.line.includes('[')) selection.constraints.push(one.line);
    } else {
      selection.roots.push(one.line);
      if (one.specifier !== '' || !selection.why.has(one.name)) selection.why.set(one.name, one.where);
    }
  }
  if (tools.length === 0) return;
  const names = tools.map((one) => one.name);
  const some = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  const text = written
    ? `${file.label} lists a whole environment (${some}): its versions are used, but only what is served is packed.`
    : `${file.label} lists tools that serving does not need; left out: ${some}.`;
  ctx.emit({ type: 'warning', text, hint: `Give --requirements ${file.label} to have it packed to the letter.` });
}

function refuseUnsupported(ctx: Context, file: RequirementsFile, named: boolean): void {
  const [first] = file.unsupported;
  if (first === undefined) return;
  const all = file.unsupported.map(({ text }) => text).join(', ');
  const hint = 'Require a published wheel, or put the modules beside the model: they are packed with it.';
  if (!named)
    return ctx.emit({ type: 'warning', text: `${file.label}: not locked, for there is no wheel of it: ${all}.`, hint });
  throw new MlfnError('RESOLVE_REQUIREMENT_UNSUPPORTED', `${first.where}: "${first.text}" has no wheel to lock.`, {
    hint,
    details: { unsupported: file.unsupported },
  });
}

function assertAgrees(one: Requirement, pin: Pin, model: string): void {
  if (one.specifier === '' || valid(pin.version) === null) return;
  if (satisfies(pin.version, one.specifier.replaceAll('===', '=='), { prereleases: true })) return;
  const message = `${one.where} asks for ${pin.name}${one.specifier}, but ${model} was saved with ${pin.name} ${pin.version}.`;
  throw new MlfnError('RESOLVE_FRAMEWORK_CONFLICT', message, {
    hint: `Change it to ${pin.name}==${pin.version}, or save the model again with the version you want to serve.`,
    details: { required: one.line, saved: pin.version },
  });
}

function startsWithName(root: string, name: string): boolean {
  return (
    /^[\w.-]+/
      .exec(root)?.[0]
      .toLowerCase()
      .replace(/[-_.]+/g, '-') === name
  );
}
