/** What a pickle may do with a name. */
export type Role =
  /** May be called and given state; the object is of that class. */
  | 'class'
  /** A function that makes an object of its first argument or of a kind of its own. */
  | 'maker'
  /** May be referred to (the function of a FunctionTransformer), not called while loading. */
  | 'reference'
  /** joblib's NumpyArrayWrapper: array bytes follow its BUILD. */
  | 'wrapper'
  /** numpy.memmap: the class that an array notes when it was one. Called, it opens a file. */
  | 'array-class'
  /** copyreg's and numpy's own, whose arguments decide what happens. */
  | 'reconstructor'
  | 'new-object'
  | 'encode'
  | 'scalar'
  | 'ufunc-by-name'
  | 'type-of'
  /** Of scipy.stats: made without its constructor, and only of a state that brings no code along. */
  | 'distribution'
  /** Of no known framework: the user's own, if a file of theirs defines it. */
  | 'user'
  | 'forbidden';

export interface Verdict {
  role: Role;
  /** PyPI distribution it comes from, where known; also for what is forbidden. */
  distribution: string | null;
  /** Why it is forbidden, as the end of a sentence. */
  reason?: string;
  hint?: string;
}

/** The first rule that matches decides; a name that none matches is forbidden. */
export interface Rule {
  modules: RegExp;
  names: RegExp | ReadonlySet<string>;
  role: Role;
  reason?: string;
}

/** One framework's allowlist. */
export interface Family {
  distribution: string;
  /** Top-level packages. */
  packages: readonly string[];
  rules: readonly Rule[];
}

export function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
