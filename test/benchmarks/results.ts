/** A part of the measurements as bench/measured/record.mjs writes it. */
export interface Result {
  part: string;
  title: string;
  text: string[];
  command: string;
  date: string;
  commit: string;
  machine: string;
  load: number[];
  versions: Record<string, string>;
  facts: string[];
  tables: { title: string; columns: { name: string; digits?: number }[]; rows: { name: string; cells: (number[] | string | number)[] }[] }[];
  aims: { aim: string; values: number[]; least?: number; most?: number; digits?: number; why?: string }[];
}

export function resultOf(part: string, own: Partial<Result> = {}): Result {
  return {
    part,
    title: `Of ${part}`,
    text: ['How it was measured.'],
    command: `npm run bench:${part} -- 5`,
    date: '2026-11-21T12:00:00.000Z',
    commit: 'abc1234',
    machine: 'Linux x64, 2 cores',
    load: [0.5, 1.5],
    versions: { mlfn: '0.1.0' },
    facts: ['a fact'],
    tables: [],
    aims: [],
    ...own,
  };
}
