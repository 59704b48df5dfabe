/** Python's tracebacks in a log: in one piece, and what they say went wrong. */
import type { Failure, LogLine } from '../live.ts';

const BEGIN = /^Traceback \(most recent call last\):$/;
/** Between the parts of a chain of exceptions. */
const LINK = /^(During handling of the above exception|The above exception was the direct cause|Traceback \(most recent call last\):)/;

interface Open {
  line: LogLine;
  rows: string[];
  raised: boolean;
}

export function beginsTraceback(text: string): boolean {
  return BEGIN.test(text);
}

/** Takes lines in their order and gives them back, a traceback's rows as one line; a worker writes one traceback at a time. */
export class Tracebacks {
  readonly #open = new Map<string, Open>();

  /** The lines that are whole with this one. */
  push(line: LogLine): LogLine[] {
    const worker = line.worker ?? '';
    const open = this.#open.get(worker);
    if (open !== undefined && belongs(line, open)) {
      open.rows.push(line.text);
      open.raised ||= !/^\s|^$/.test(line.text) && !LINK.test(line.text);
      if (LINK.test(line.text)) open.raised = false;
      return [];
    }
    const before = this.#end(worker);
    if (!BEGIN.test(line.text)) return [...before, line];
    this.#open.set(worker, { line, rows: [line.text], raised: false });
    return before;
  }

  /** What is held back: nothing more comes for now. */
  flush(): LogLine[] {
    return [...this.#open.keys()].flatMap((worker) => this.#end(worker));
  }

  #end(worker: string): LogLine[] {
    const open = this.#open.get(worker);
    if (open === undefined) return [];
    this.#open.delete(worker);
    return [{ ...open.line, text: open.rows.join('\n').trimEnd() }];
  }
}

function belongs({ stream, text }: LogLine, { raised, rows }: Open): boolean {
  if (stream === 'platform') return false;
  if (!raised) return true;
  // After the exception: only a chain goes on, after an empty row.
  return text === '' || (LINK.test(text) && rows.at(-1) === '');
}

/** What the last traceback of a text raised; null when there is none. */
export function raisedInTraceback(text: string): Failure | null {
  const lines = text.split('\n');
  const begin = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last):'));
  if (begin === -1) return null;
  const end = lines.findIndex((line, index) => index > begin && line !== '' && !line.startsWith(' '));
  const raised = exceptionIn(lines[end]);
  return raised === null ? null : { ...raised, where: placeIn(lines.slice(begin, end).join('\n')) ?? placeInText(raised.message) };
}

/** `ValueError: no such thing`, `KeyError: 'a'`, `KeyboardInterrupt`, `Runtime.ImportModuleError: ...`. */
export function exceptionIn(line: string | undefined): Pick<Failure, 'type' | 'message'> | null {
  const found = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (.*))?$/.exec(line ?? '');
  if (found === null) return null;
  const type = found[1] ?? '';
  return { type: type.startsWith('Runtime.') ? type : (type.split('.').at(-1) ?? type), message: found[2] ?? '' };
}

/** The innermost frame in the package's code/, else in the package outside of the serving code. */
export function placeIn(trace: string): string | null {
  const frames = [...trace.matchAll(/File "([^"]+)", line (\d+)/g)].map(([, file = '', line = '']) => ({ file: file.replaceAll('\\', '/'), line }));
  const own = frames.findLast(({ file }) => /^((?!\/dependencies\/|\/opt\/).)*\/code\/(?!mlfn_serve\/)[^/].*\.py$/.test(file));
  if (own !== undefined) return `${own.file.slice(own.file.lastIndexOf('/code/') + '/code/'.length)}:${own.line}`;
  const other = frames.findLast(({ file }) => !/\/mlfn_serve\/|\/dependencies\/|\/lib\/python|\/opt\/|^<|\/awslambdaric\//.test(file));
  return other === undefined ? null : `${other.file.split('/').at(-1)}:${other.line}`;
}

/** As the serving code names the line of an import that failed. */
export function placeInText(text: string): string | null {
  const found = /\((\w[\w.-]*\.py), line (\d+)\)/.exec(text);
  return found === null ? null : `${found[1]}:${found[2]}`;
}
