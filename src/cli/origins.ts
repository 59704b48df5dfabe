import type { Config } from '../config/index.ts';
import type { Event } from '../events.ts';

/** Where each setting came from, for --verbose. */
export function originFacts(config: Config): Event[] {
  const values: Record<string, unknown> = {
    ...config,
    ...config.settings,
    env: Object.keys(config.settings.env).join(' ') || 'none',
    local: JSON.stringify(config.targetConfig),
  };
  return Object.entries(config.origins).map(([key, origin]) => ({
    type: 'fact',
    label: 'set',
    text: `${key.padEnd(12)} ${String(values[key])}  (${origin})`,
  }));
}
