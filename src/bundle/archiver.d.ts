/** What is used of archiver 8, which comes without types. */
declare module 'archiver' {
  import type { Readable, Transform } from 'node:stream';

  interface EntryData {
    name: string;
    mode: number;
    date: Date;
    /** Of a stream: it is collected whole where its size is not given. */
    stats?: { size: number };
  }

  export class TarArchive extends Transform {
    append(source: Buffer | Readable, data: EntryData): this;
    finalize(): Promise<void>;
  }
}
