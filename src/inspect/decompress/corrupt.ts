import { Malformed } from '../bytes/malformed.ts';

const HINT = 'Copy or save the model again.';

export function corrupt(format: string, what: string): Malformed {
  return new Malformed('corrupt-compression', `The ${format} stream is damaged: ${what}.`, undefined, HINT);
}

export function cut(format: string): Malformed {
  return new Malformed('truncated', `The file ends inside its ${format} stream.`, undefined, HINT);
}

/** `offset` is that of the compressed file. */
export function trailing(format: string, offset: number): Malformed {
  return new Malformed('trailing-data', `Something follows the ${format} stream, at byte ${offset} of the file.`, undefined, 'Save the model again, alone in its file.');
}
