/** Which callers mlfn let in, written down beside the function's history: a policy does not say who put a member there. */
import { z } from 'zod';
import { explainGcp, gcpCode } from '../errors.ts';
import type { Session } from '../session.ts';

const recordSchema = z.object({ schema: z.literal(1), members: z.array(z.string()) });

/** None where nothing, or nothing of ours, is written: those members stay. */
export async function readOurs(session: Session, name: string): Promise<string[]> {
  const file = await fileOf(session, name);
  try {
    const [content] = await file.download();
    return recordSchema.safeParse(JSON.parse(content.toString('utf8'))).data?.members ?? [];
  } catch (error) {
    if (error instanceof SyntaxError || gcpCode(error) === 'NOT_FOUND') return [];
    throw explainGcp(error, { permission: 'storage.objects.get', resource: file.cloudStorageURI.href });
  }
}

/** @param before what is there */
export async function writeOurs(session: Session, name: string, members: string[], before: string[]): Promise<void> {
  if (members.join() === before.join()) return;
  const file = await fileOf(session, name);
  const text = `${JSON.stringify({ schema: 1, members } satisfies z.infer<typeof recordSchema>, null, 1)}\n`;
  await file.save(text, { resumable: false, contentType: 'application/json' }).catch((error: unknown) => {
    throw explainGcp(error, { permission: 'storage.objects.create', resource: file.cloudStorageURI.href });
  });
}

async function fileOf(session: Session, name: string) {
  return (await session.storage()).bucket(session.bucket).file(`functions/${name}/access.json`);
}
