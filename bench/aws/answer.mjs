// What the live function answers: each deploy that is measured is seen to be one.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

// It would write about its next versions, into what is measured.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Throws unless the alias `live` gives this probability. @param payload a body as a client would post it */
export async function assertAnswers(env, payload, probability, what) {
  const client = new LambdaClient({ endpoint: env.AWS_ENDPOINT_URL, region: env.AWS_REGION, credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY } });
  const http = { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' };
  const event = { version: '2.0', rawPath: '/', rawQueryString: '', headers: { 'content-type': 'application/json' }, requestContext: { http }, body: payload, isBase64Encoded: false };
  const answer = await client.send(new InvokeCommand({ FunctionName: 'heart', Qualifier: 'live', Payload: JSON.stringify(event) }));
  client.destroy();
  const text = Buffer.from(answer.Payload).toString();
  const found = JSON.parse(JSON.parse(text).body ?? 'null')?.probabilities?.[0]?.[1];
  if (found !== probability) throw new Error(`${what}: the live function answers ${text}, and not the probability ${probability}`);
}
