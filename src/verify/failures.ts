import { MlfnError } from '../errors.ts';
import type { Difference } from './compare.ts';
import { isObject, type Request } from './requests.ts';

const SWITCHED = 'Nothing was switched.';

export function different(request: Request, found: Difference): MlfnError {
  const { field, expected, actual } = found;
  return new MlfnError(
    'VERIFY_DIFFERENT',
    `For ${request.label}, ${field} is ${show(actual)} from the release and ${show(expected)} from the model itself.`,
    {
      hint: `${SWITCHED} Compare the two by hand; hooks and types of columns are the usual cause.`,
      details: { request: request.body, field, expected, actual },
    },
  );
}

export function refusal(request: Request, status: number, answer: unknown, expected: unknown): MlfnError {
  return new MlfnError('VERIFY_REFUSED', `For ${request.label}, the release answered ${status}: ${detailOf(answer)}`, {
    hint: `${SWITCHED} The model itself answers it: see the details (--json) and the release's logs.`,
    details: { request: request.body, status, answer, expected },
  });
}

/** `found` compares two lists of own answers: `answer.predictions[0]`. */
export function unstable(request: Request, found: Difference): MlfnError {
  const field = found.field.replace(/^answer\.?/, '') || 'the answer';
  return new MlfnError(
    'VERIFY_UNSTABLE',
    `The model itself does not answer ${request.label} the same way twice: ${field} was ${show(found.expected)}, then ${show(found.actual)}.`,
    { hint: 'Fix its random state, or deploy without a sample.', details: { request: request.body, ...found, field } },
  );
}

export function unhealthy(status: number, answer: unknown): MlfnError {
  return new MlfnError('VERIFY_UNHEALTHY', `The release is not well: it answered ${status}: ${detailOf(answer)}`, {
    hint: `${SWITCHED} Load the model by hand with the same versions.`,
    details: { status, answer },
  });
}

/** The words of a problem document, or the answer itself. */
function detailOf(answer: unknown): string {
  return isObject(answer) && typeof answer['detail'] === 'string' ? answer['detail'] : show(answer);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
