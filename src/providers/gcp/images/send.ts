/** An image to the region's registry, as who the default credentials are. */
import type { Done } from '../../provider.ts';
import type { Session } from '../session.ts';
import { tokenLogin } from './login.ts';
import { imageRepository, registryHost } from './place.ts';
import { hasImage } from './versions.ts';

/** @returns bytes sent: only what the registry has not. @throws OCI_*, GCP_CREDENTIALS */
export async function sendImage(session: Session, { name, draft, supplies }: Done): Promise<number> {
  // A manifest is there only once all that it names is.
  if (await hasImage(session, name, draft?.image?.digest ?? '')) return 0;
  if (!supplies?.pushImage) throw new Error('a plan that stores an image needs one');
  const login = await tokenLogin(session.auth);
  const { bytes } = await supplies.pushImage({ registry: registryHost(session), repository: imageRepository(session, name), tag: null, login });
  return bytes;
}
