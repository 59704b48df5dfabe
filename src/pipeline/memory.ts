/** Whether a worker can hold a model at all, so that none is sent for nothing. */
import path from 'node:path';
import type { ModelCard } from '../card.ts';
import { MlfnError } from '../errors.ts';
import type { Target } from '../providers/index.ts';
import { sizeText } from '../size-text.ts';
import type { Engine, PackageForm } from '../types.ts';

const MB = 1 << 20;
/** Python and the libraries, beside the model. */
const BESIDE_MB = 512;
const STEP_MB = 64;
/** Before it, numbers are text, and can be smaller in memory than in the file. */
const BINARY_PROTOCOL = 2;

/**
 * A pickle is objects that its own libraries hold whole; other formats may be mapped, and other engines read less.
 * @param memory MB of a worker. @returns what throws PACKAGE_MEMORY
 */
export function loadedIn(memory: number, { provider, config }: Target, form: PackageForm): (card: ModelCard, engine: Engine) => void {
  return (card, engine) => {
    if (engine !== 'native' || card.kind !== 'model' || card.protocol < BINARY_PROTOCOL || card.size <= memory * MB) return;
    const { max } = provider.limits(config).memoryMb;
    const least = Math.ceil(card.size / MB);
    const enough = Math.min(max, Math.ceil((least + BESIDE_MB) / STEP_MB) * STEP_MB);
    const image = form === 'zip' && provider.forms(config).includes('image');
    const more = `Give its workers more (--memory ${enough})`;
    const zip = `${more}, and deploy it as an image (--package image): no zip has room for it, and it would be fetched at each start.`;
    const none = `Deploy it elsewhere, or make an image for a machine of your own (\`mlfn image\`): no worker of ${provider.name} has more than ${max} MB.`;
    throw new MlfnError('PACKAGE_MEMORY', `${path.basename(card.path)} is ${sizeText(card.size)}, more than a worker of ${memory} MB can hold.`, {
      hint: least > max ? none : image ? zip : `${more}.`,
      details: { bytes: card.size, memory, most: max },
    });
  };
}
