/** Which callers mlfn let in, written down beside the function's history: a policy does not say who put a member there. */
import * as z from 'zod';
import { accessKey } from '../names.ts';
import type { Session } from '../session.ts';
import { headObject } from '../storage/objects.ts';
import { storeOf } from '../storage/store.ts';

const recordSchema = z.object({ schema: z.literal(1), members: z.array(z.string()) });

/** None where nothing, or nothing of ours, is written: those members stay. */
export async function readOurs(session: Session, name: string): Promise<string[]> {
  const text = await storeOf(session).read(accessKey(name));
  if (text === null) return [];
  try {
    return recordSchema.safeParse(JSON.parse(text)).data?.members ?? [];
  } catch {
    return [];
  }
}

/** The last of two at once stays. @param before what is there */
export async function writeOurs(session: Session, name: string, members: string[], before: string[]): Promise<void> {
  if (members.join() === before.join()) return;
  const [store, key] = [storeOf(session), accessKey(name)];
  const text = `${JSON.stringify({ schema: 1, members } satisfies z.infer<typeof recordSchema>, null, 1)}\n`;
  for (let written = false; !written; ) {
    const there = await headObject(session, key);
    written = await (there === null ? store.create(key, text) : store.replace(key, text, there.generation));
  }
}
