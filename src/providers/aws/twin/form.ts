/** Zips or images. Pure. */
import type { PackageForm } from '../../../types.ts';

/** Of a draft or a record. */
export function formOf({ image }: { image?: unknown }): PackageForm {
  return image === undefined ? 'zip' : 'image';
}

export function otherThan(form: PackageForm): PackageForm {
  return form === 'zip' ? 'image' : 'zip';
}
