import type { Storage } from '@google-cloud/storage';

/**
 * Everything that mlfn asks of Cloud Storage may be asked twice: writes name the generation that they stand on, removals are of
 * keys that are written once, and a bucket that is there already is looked at. So the client repeats all of it, as long as what
 * stopped it passes: docs.cloud.google.com/storage/docs/retry-strategy
 */
export async function openStorage(projectId: string): Promise<Storage> {
  const { IdempotencyStrategy, Storage: Client } = await import('@google-cloud/storage');
  const retryOptions = { idempotencyStrategy: IdempotencyStrategy.RetryAlways, maxRetries: 5, maxRetryDelay: 16, totalTimeout: 90 };
  return new Client({ projectId, retryOptions, timeout: 60_000 });
}
