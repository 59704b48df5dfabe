/**
 * ECR's registry: who pushes or pulls has the token of GetAuthorizationToken, which names the registry's address: here the gate's own.
 * Source: Amazon ECR User Guide, "Private registry authentication in Amazon ECR"; ECR API Reference, "DescribeImages" (errors).
 */
import { json, rewrite, type Rule } from './rule.ts';

/** What ministack gives. */
const TOKEN = Buffer.from('AWS:ministack-auth-token').toString('base64');

export function registryRule(): Rule {
  return {
    check: ({ call, headers }) => {
      if (call.service !== 'registry' || headers.authorization === `Basic ${TOKEN}`) return undefined;
      const challenge = { 'www-authenticate': `Basic realm="http://${headers.host}/",service="ecr.amazonaws.com"` };
      return { status: 401, code: 'UNAUTHORIZED', message: 'Not Authorized', headers: challenge };
    },
    learn: (exchange, answer) => {
      const { call, headers } = exchange;
      if (call.name === 'ecr:GetAuthorizationToken' && answer.status === 200) {
        rewrite(answer, (body) => ({ authorizationData: [{ ...(body['authorizationData'] as object[])[0], proxyEndpoint: `http://${headers.host}` }] }));
      }
      // ministack answers with an empty list.
      if (call.name === 'ecr:DescribeImages' && answer.status === 200 && json(exchange)['imageIds'] !== undefined) {
        if ((JSON.parse(answer.body.toString()) as { imageDetails: unknown[] }).imageDetails.length > 0) return;
        answer.status = 400;
        rewrite(answer, () => ({ __type: 'ImageNotFoundException', message: 'The image requested does not exist.' }));
      }
    },
  };
}
