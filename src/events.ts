/** What stages tell while they work. Stages only emit; reporters in `cli/` render. */
export type Event =
  /** A measured fact, one line in the deploy's story: label `engine`, text `native  scikit-learn 1.6.1 ...`. */
  | { type: 'fact'; label: string; text: string }
  /** Something takes time; `done`/`total` are bytes or items when known. Ends when the next event comes. */
  | { type: 'progress'; text: string; done?: number; total?: number }
  | { type: 'warning'; text: string; hint?: string };

/** What every stage gets besides its input. */
export interface Context {
  emit(event: Event): void;
  /** Aborted by Ctrl-C; every wait and child process honours it. */
  signal: AbortSignal;
  /** Variables of the caller; stages never read process.env. */
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths of the user are resolved against it. */
  cwd: string;
  home: Home;
}

/** Folders of mlfn on this machine (`MLFN_HOME`, default `~/.mlfn`). */
export interface Home {
  root: string;
  /** May be deleted at any time. */
  cache: string;
  /** State of the local target: never a cache. */
  local: string;
}
