/** What a package becomes on the way to its target: zips, or an image. */
import { assertFits, fits } from '../bundle/index.ts';
import { MlfnError } from '../errors.ts';
import type { Context } from '../events.ts';
import { oversizeFact } from '../facts.ts';
import type { ReleaseImage } from '../live.ts';
import type { Target } from '../providers/index.ts';
import type { Supplies } from '../providers/provider.ts';
import type { Finding, PackageForm } from '../types.ts';
import { type BuildRequest, make, type Made } from './make.ts';
import { loadedIn } from './memory.ts';

export interface FormRequest extends BuildRequest {
  /** Absent: `auto`. */
  package?: 'auto' | PackageForm;
  /** What an image is built on; absent: what the target's kind of image is. */
  base?: string | undefined;
  /** MB that a worker may use; absent where nobody holds it to that. */
  memory?: number;
}

/** A package in the form in which it goes. */
export interface Packed extends Made {
  /** Null as zips. */
  image: ReleaseImage | null;
  pushImage: Supplies['pushImage'];
  close(): void;
}

/** The forms to try, best first. @throws PACKAGE_FORM */
export function formsFor({ provider, config }: Target, asked: FormRequest['package'] = 'auto'): readonly PackageForm[] {
  const forms = provider.forms(config);
  if (asked === 'auto') return forms;
  if (forms.includes(asked)) return [asked];
  const [things, instead] = asked === 'image' ? ['images', 'make one for other places with `mlfn image`'] : ['zips', 'change the mode of the target'];
  throw new MlfnError('PACKAGE_FORM', `The target ${provider.name} runs no ${things} as it is set.`, {
    hint: `Leave --package out (and \`package\` of mlfn.yaml), or ${instead}.`,
    details: { asked, forms },
  });
}

/**
 * Null where it does not fit and there is another form to try.
 * @param last there is none. @throws BUNDLE_TOO_LARGE
 */
export async function packedAs(ctx: Context, target: Target, form: PackageForm, asked: FormRequest, { findings = [], last = true }: { findings?: Finding[]; last?: boolean } = {}): Promise<Packed | null> {
  const { memory } = asked;
  const request = memory === undefined ? asked : { ...asked, admits: loadedIn(memory, target, form) };
  if (form === 'image') {
    const { imageFor } = await import('./image/target.ts');
    const { made, release, push, close } = await imageFor(ctx, target, request);
    return { ...made, image: release, pushImage: push, close };
  }
  const made = await make(ctx, target, request, findings);
  const limits = target.provider.limits(target.config);
  if (!last && !fits(made.bundle, limits)) {
    ctx.emit(oversizeFact(made.bundle, limits));
    return null;
  }
  assertFits(made.bundle, made.lock, limits, request.target, target.provider.forms(target.config).includes('image'));
  return { ...made, image: null, pushImage: null, close: () => undefined };
}
