/** What an update mask of a function may name. */
import { masked } from '../mask.ts';
import type { Fn } from './messages.ts';

const FIELDS = {
  name: 'name',
  description: 'description',
  build_config: 'buildConfig',
  service_config: 'serviceConfig',
  event_trigger: 'eventTrigger',
  labels: 'labels',
  environment: 'environment',
  kms_key_name: 'kmsKeyName',
};

export function maskedFunction(current: Fn, given: Fn, paths: string[]): Fn {
  return masked(current, given, paths, FIELDS);
}
