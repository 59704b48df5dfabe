/** What a plan does about a release of a form that its function cannot have. Pure. */
import { MlfnError } from '../../../errors.ts';
import type { Live } from '../../../live.ts';
import type { ReleaseDraft, Step, Want } from '../../provider.ts';
import { twinName } from '../names.ts';
import type { FunctionState } from '../settings/function.ts';
import { TWIN_TAG } from '../settings/marks.ts';
import { formOf, otherThan } from './form.ts';

/**
 * Whether the release is to run on the twin. Lambda lets no function change its PackageType:
 * docs.aws.amazon.com/lambda/latest/dg/images-create.html
 * @throws PACKAGE_FIXED where the function's own form can still be tried, or nothing can hand calls on
 */
export function handsOn({ draft, hasOther }: Extract<Want, { kind: 'release' }>, live: Live | null, state: FunctionState | null): boolean {
  const form = formOf(draft);
  if (state === null || state.image === (form === 'image')) return false;
  if (hasOther === true) throw fixed(draft);
  if (state.image && (live?.releases ?? []).length === 0) throw noImage(draft.function);
  return true;
}

export function twinStep(draft: ReleaseDraft, state: FunctionState | null): Step[] {
  const name = twinName(draft.function, formOf(draft));
  if (state?.tags[TWIN_TAG] === name) return [];
  return [{ kind: 'ensure', resource: 'twin', name, change: 'create', detail: `runs its releases that are ${formOf(draft)}s; ${draft.function} hands their calls on, at the same URL` }];
}

function fixed(draft: ReleaseDraft): MlfnError {
  const form = otherThan(formOf(draft));
  return new MlfnError('PACKAGE_FIXED', `${draft.function} is made of ${form}s, and Lambda lets no function change that.`, {
    hint: `Deploy it with --package ${form}.`,
    details: { function: draft.function, has: form },
  });
}

/** A function of images without a release: nothing of it could hand a call on. */
export function noImage(name: string): MlfnError {
  return new MlfnError('PACKAGE_FIXED', `${name} is made of images, none of them a release of mlfn that could hand calls on to zips.`, {
    hint: 'Deploy it with --package image; zips can come after that.',
    details: { function: name, has: 'image' },
  });
}
