/** What a release is checked with. */
import { readFile } from 'node:fs/promises';
import { MlfnError } from '../errors.ts';

/** @throws SAMPLE_UNREADABLE, SAMPLE_INVALID */
export async function readSample(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new MlfnError('SAMPLE_UNREADABLE', `The sample ${file} cannot be read.`, {
      hint: 'Give --sample (or `sample:` in mlfn.yaml) the path of a JSON file.',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MlfnError('SAMPLE_INVALID', `The sample ${file} is not JSON: ${(cause as Error).message}`, {
      hint: 'Write a body as a client would post it, e.g. {"age": 63, "sex": 1}.',
      cause,
    });
  }
}
