/** A process of its own, as the libraries read its variables when it begins: says who it is, and an ID token for its argument. */
import { GoogleAuth } from 'google-gax';
import { whoAmI } from '../../src/providers/gcp/access/credentials.ts';
import { idToken } from '../../src/providers/gcp/access/id-token.ts';

const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'], projectId: 'lab' });
const audience = process.argv[2] ?? '';
const say = (value) => process.stdout.write(JSON.stringify(value));
try {
  const who = await whoAmI(auth);
  const [token, beside] = await Promise.all([idToken({ auth }, audience), idToken({ auth }, audience)]);
  const again = await idToken({ auth }, audience);
  const other = await idToken({ auth }, `${audience}/other`);
  say({ who, claims: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()), kept: token === beside && token === again, other: other === token });
} catch (error) {
  const { code, message, hint } = error;
  say({ error: { code, message, hint } });
}
