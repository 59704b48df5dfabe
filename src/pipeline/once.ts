/** A story in which nothing is told twice. */
import type { Context } from '../events.ts';

/** Of the same facts and warnings the first is told; what takes time is, each time that it does. */
export function tellingOnce<C extends Pick<Context, 'emit'>>(ctx: C): C {
  const told = new Set<string>();
  const emit: Context['emit'] = (event) => {
    if (event.type === 'fact' || event.type === 'warning') {
      const words = JSON.stringify(event);
      if (told.has(words)) return;
      told.add(words);
    }
    ctx.emit(event);
  };
  return { ...ctx, emit };
}
