/** An image to the region's registry, as who the default credentials are: cloud.google.com/artifact-registry/docs/docker/authentication#token */
import type { Done } from '../../provider.ts';
import type { Session } from '../session.ts';
import { explainGcp } from '../errors.ts';
import { imageRepository, registryHost } from './place.ts';
import { hasImage } from './versions.ts';

const USER = 'oauth2accesstoken';

/** @returns bytes sent: only what the registry has not. @throws OCI_*, GCP_CREDENTIALS */
export async function sendImage(session: Session, { name, draft, supplies }: Done): Promise<number> {
  // A manifest is there only once all that it names is.
  if (await hasImage(session, name, draft?.image?.digest ?? '')) return 0;
  if (!supplies?.pushImage) throw new Error('a plan that stores an image needs one');
  const password = await accessToken(session);
  const { bytes } = await supplies.pushImage({ registry: registryHost(session), repository: imageRepository(session, name), tag: null, login: { user: USER, password } });
  return bytes;
}

async function accessToken({ auth }: Session): Promise<string> {
  const need = { permission: 'an access token', resource: '-' };
  const token = await auth.getAccessToken().catch((error: unknown) => {
    throw explainGcp(error, need);
  });
  return token ?? '';
}
