import { MlfnError } from '../errors.ts';
import type { Limits } from '../providers/provider.ts';
import type { Config } from './load.ts';

/** Memory and timeout against what the target can give. @throws CONFIG_VALUE */
export function checkLimits(config: Config, limits: Limits): void {
  const { memory, timeout } = config.settings;
  within(config, 'memory', memory, limits.memoryMb, 'MB');
  within(config, 'timeout', timeout, limits.timeoutSeconds, 'seconds');
}

function within(config: Config, key: 'memory' | 'timeout', value: number, range: { min: number; max: number }, unit: string): void {
  if (value >= range.min && value <= range.max) return;
  throw new MlfnError('CONFIG_VALUE', `${config.origins[key]}: ${key} ${value} ${unit} is outside what ${config.target} can give.`, {
    hint: `Choose from ${range.min} to ${range.max} ${unit}.`,
    details: { key, value, ...range },
  });
}
