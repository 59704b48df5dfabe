/** An error as a service puts it on the wire, so that the SDK raises the exception that AWS would make it raise. */
import { randomUUID } from 'node:crypto';
import { modelOf } from './models.ts';

export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** Header fields beside those of the protocol, e.g. Retry-After. */
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Smithy's awsJson1_1, restJson1, restXml and awsQuery error forms; S3's has no ErrorResponse around it. */
export function refused(service: string, refusal: Refusal): Answer {
  const { status, code, message } = refusal;
  const id = randomUUID();
  const model = modelOf(service);
  const own = { 'x-amzn-requestid': id, 'x-amz-request-id': id, ...refusal.headers };
  const xml = { 'content-type': service === 's3' ? 'application/xml' : 'text/xml', ...own };
  // github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
  if (service === 'registry') return { status, headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify({ errors: [{ code, message }] }) };
  switch (model?.metadata.protocol) {
    case 'rest-xml':
      return { status, headers: xml, body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inXml({ Code: code, Message: message, RequestId: id })}</Error>` };
    case 'query': {
      const error = inXml({ Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message });
      return { status, headers: xml, body: `<ErrorResponse xmlns="${model.metadata.xmlNamespace}"><Error>${error}</Error><RequestId>${id}</RequestId></ErrorResponse>` };
    }
    case 'json':
      return { status, headers: { 'content-type': 'application/x-amz-json-1.1', ...own }, body: JSON.stringify({ __type: code, message }) };
    default: {
      const body = { Type: status < 500 ? 'User' : 'Server', message, Message: message };
      return { status, headers: { 'content-type': 'application/json', 'x-amzn-errortype': code, ...own }, body: JSON.stringify(body) };
    }
  }
}

function inXml(fields: Record<string, string>): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return Object.entries(fields).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`).join('');
}
