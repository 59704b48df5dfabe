import type { Event } from '../../events.ts';

/** Renders what stages tell, on standard error. */
export interface Reporter {
  event(event: Event): void;
  /** Takes away what is not meant to stay (a spinner). */
  end(): void;
}
