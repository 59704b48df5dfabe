/**
 * Values out of range, and requests too large.
 * Source: AWS Lambda Developer Guide, "Lambda quotas" (memory, timeout, /tmp, layers, environment, zip sizes), "Lambda runtimes",
 * "Working with Lambda environment variables" (reserved names). Unzipped sizes: ministack checks them itself.
 */
import { modelOf } from './models.ts';
import { json, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

const MAX_REQUEST = 70_167_211;
const ENVIRONMENT = 4096;
const RANGES: [string, string, number, number][] = [
  ['MemorySize', 'memorySize', 128, 10_240],
  ['Timeout', 'timeout', 1, 900],
];
const RESERVED = new Set([
  '_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR',
]);

export function rangesRule(): Rule {
  return {
    check: (exchange) => {
      const { call, body } = exchange;
      if (call.service !== 'lambda') return undefined;
      if (['CreateFunction', 'UpdateFunctionCode', 'PublishLayerVersion'].includes(call.operation) && body.length >= MAX_REQUEST) {
        const message = `Request must be smaller than ${MAX_REQUEST} bytes for the ${call.operation} operation`;
        return { status: 413, code: 'RequestEntityTooLargeException', message };
      }
      if (!['CreateFunction', 'UpdateFunctionConfiguration'].includes(call.operation)) return undefined;
      const input = json(exchange);
      return outOfRange(input) ?? badRuntime(input['Runtime']) ?? tooMany(input['Layers']) ??
        badEnvironment((input['Environment'] as { Variables?: Record<string, string> } | undefined)?.Variables ?? {});
    },
  };
}

function outOfRange(input: Record<string, unknown>): Refusal | undefined {
  const storage = (input['EphemeralStorage'] as { Size?: number } | undefined)?.Size;
  const given: typeof RANGES = [...RANGES, ['Size', 'ephemeralStorage.size', 512, 10_240]];
  for (const [name, wire, least, most] of given) {
    const value = name === 'Size' ? storage : input[name];
    if (typeof value !== 'number') continue;
    if (value < least) return validation(value, wire, `Member must have value greater than or equal to ${least}`);
    if (value > most) return validation(value, wire, `Member must have value less than or equal to ${most}`);
  }
  return undefined;
}

function badRuntime(runtime: unknown): Refusal | undefined {
  const known = modelOf('lambda')?.shapes['Runtime']?.enum ?? [];
  if (runtime === undefined || known.includes(String(runtime))) return undefined;
  const message = `Value ${String(runtime)} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(', ')}] or be a valid ARN`;
  return invalid(message);
}

function tooMany(layers: unknown): Refusal | undefined {
  return Array.isArray(layers) && layers.length > 5 ? invalid('Cannot reference more than 5 layers.') : undefined;
}

function badEnvironment(variables: Record<string, string>): Refusal | undefined {
  const why = 'Lambda was unable to configure your environment variables because the environment variables you have provided';
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    return invalid(`${why} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`);
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > ENVIRONMENT) return invalid(`${why} exceeded the 4KB limit. String measured: ${JSON.stringify(variables)}`);
  return undefined;
}

function invalid(message: string): Refusal {
  return { status: 400, code: 'InvalidParameterValueException', message };
}

function validation(value: number, where: string, constraint: string): Refusal {
  return { status: 400, code: 'ValidationException', message: `1 validation error detected: Value '${value}' at '${where}' failed to satisfy constraint: ${constraint}` };
}
