/** A bucket of the user's own, with objects in it. */
import { readFileSync } from 'node:fs';
import type { Bucket } from '../../examples/expected.ts';

/** @param endpoint of the storage lab */
export async function putBucket(endpoint: string, { name, objects }: Bucket): Promise<void> {
  const made = await fetch(`${endpoint}/storage/v1/b?project=lab-project`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, iamConfiguration: { uniformBucketLevelAccess: { enabled: true } } }),
  });
  if (!made.ok) throw new Error(`${made.status} ${await made.text()}`);
  for (const [key, file] of Object.entries(objects)) {
    const sent = await fetch(`${endpoint}/upload/storage/v1/b/${name}/o?uploadType=media&name=${encodeURIComponent(key)}`, { method: 'POST', body: readFileSync(file) });
    if (!sent.ok) throw new Error(`${sent.status} ${await sent.text()}`);
  }
}
