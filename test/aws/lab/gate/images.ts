/**
 * Functions of images, which ministack runs with Docker only: the files that the image has below /var/task are run as a zip in its place,
 * by the handler that its configuration names, and the answers tell of an image. What AWS refuses is refused.
 * Source: AWS Lambda API Reference, "CreateFunction", "FunctionCode" and "FunctionCodeLocation"; Developer Guide, "Create a Lambda function
 * using a container image".
 */
import { createHash } from 'node:crypto';
import { DescribeImagesCommand, GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clients } from '../clients.ts';
import { ACCOUNT, REGION } from '../credentials.ts';
import { Registry } from './image-files.ts';
import { type Exchange, functionOf, json, rewrite, rewriteCall, type Rule } from './rule.ts';
import type { Refusal } from './wire.ts';

const URI = new RegExp(`^${ACCOUNT}\\.dkr\\.ecr\\.${REGION}\\.amazonaws\\.com/([a-z0-9/._-]+)(?:@(sha256:[0-9a-f]{64})|:([\\w.-]+))$`);
const KINDS = /^application\/vnd\.(oci\.image\.manifest\.v1|docker\.distribution\.manifest\.v2)\+json$/;
const LAYERS = /^application\/vnd\.(oci\.image\.layer\.v1\.tar(\+gzip)?|docker\.image\.rootfs\.diff\.tar(\.gzip)?)$/;
const BUCKET = 'gate-images';

interface Made {
  uri: string;
  /** Of the image, as Lambda tells it. */
  sha256: string;
  key: string;
  handler: string;
}

/** Of each ministack: there may be several gates. `byZip`: by the hash of the zip that is run in an image's place. */
const known = new Map<string, { byUri: Map<string, Made>; byZip: Map<string, Made> }>();

/** @param whole the image is run with its base, by AWS's runtime emulator in a box */
export function imagesRule(cloud: Clients, endpoint: string, whole: boolean): Rule {
  const registry = new Registry(endpoint);
  const { byUri, byZip } = known.get(endpoint) ?? { byUri: new Map<string, Made>(), byZip: new Map<string, Made>() };
  known.set(endpoint, { byUri, byZip });

  const isImage = async (name: string) => {
    const found = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })).catch(() => null);
    return found === null ? null : byZip.has(found.CodeSha256 ?? '');
  };

  async function made(uri: string): Promise<Made | Refusal> {
    const before = byUri.get(uri);
    const [, repository = '', digest, tag] = URI.exec(uri) ?? [];
    if (repository === '') return invalid(`Source image ${uri} is not valid. Provide a valid source image.`);
    const imageIds = [digest === undefined ? { imageTag: tag } : { imageDigest: digest }];
    // The registry of ministack goes on with what was deleted by the API.
    const listed = await cloud.ecr.send(new DescribeImagesCommand({ repositoryName: repository, imageIds })).catch(() => null);
    const manifest = (listed?.imageDetails ?? []).length === 0 ? null : await registry.manifest(repository, digest ?? tag ?? '');
    if (manifest === null) return invalid(`Source image ${uri} does not exist. Provide a valid source image.`);
    const policy = await cloud.ecr.send(new GetRepositoryPolicyCommand({ repositoryName: repository })).catch(() => null);
    if (!letsPull(policy?.policyText)) return { status: 403, code: 'AccessDeniedException', message: 'Lambda does not have permission to access the ECR image. Check the ECR permissions.' };
    if (before !== undefined) return before;
    if (!KINDS.test(manifest.mediaType) || !manifest.layers.every(({ mediaType }) => LAYERS.test(mediaType))) {
      return invalid(`The image manifest, config or layer media type for the source image ${uri} is not supported.`);
    }
    const described = await registry.config(repository, manifest);
    const { config } = described;
    if (!config.Entrypoint?.includes('awslambdaric')) return invalid(`${uri} does not start Lambda's runtime client: ${JSON.stringify(config.Entrypoint)}`);
    const sha256 = (digest ?? '').replace('sha256:', '');
    const zip = whole ? (await import('./boxed.ts')).boxed(`${new URL(endpoint).host}/${repository}@${digest}`, described) : await registry.zip(repository, manifest, uri);
    await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(() => null);
    await cloud.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${sha256}.zip`, Body: zip }));
    const image = { uri, sha256, key: `${sha256}.zip`, handler: whole ? 'boxed.handler' : (config.Cmd?.at(-1) ?? '') };
    byUri.set(uri, image);
    byZip.set(createHash('sha256').update(zip).digest('base64'), image);
    return image;
  }

  async function create(exchange: Exchange): Promise<Refusal | undefined> {
    const input = json(exchange);
    const uri = (input['Code'] as { ImageUri?: string } | undefined)?.ImageUri;
    if (uri === undefined && input['PackageType'] !== 'Image') return undefined;
    if (uri === undefined) return invalid('Please provide ImageUri when creating a function with packageType Image.');
    if (input['PackageType'] !== 'Image') return invalid('Please provide PackageType Image when creating a function with ImageUri.');
    const image = withoutStart(input) ?? (await made(uri));
    if ('status' in image) return image;
    rewriteCall(exchange, { ...input, PackageType: 'Zip', Runtime: 'python3.12', Handler: image.handler, Code: codeOf(image) });
    return undefined;
  }

  async function update(exchange: Exchange): Promise<Refusal | undefined> {
    const { ImageUri: uri, ...input } = json(exchange) as { ImageUri?: string };
    const is = await isImage(functionOf(exchange.call).name);
    if (is === null) return undefined;
    if (uri === undefined) return is ? invalid('Please provide ImageUri when updating a function with packageType Image.') : undefined;
    if (!is) return invalid("Please don't provide ImageUri when updating a function with packageType Zip.");
    const image = await made(uri);
    if ('status' in image) return image;
    rewriteCall(exchange, { ...input, ...codeOf(image) });
    return undefined;
  }

  /** Another command of the image is another handler; without one it is the image's own, as long as nobody said another. */
  function command(exchange: Exchange): undefined {
    const { ImageConfig, ...input } = json(exchange) as { ImageConfig?: { Command?: string[] }; Environment?: { Variables: object } };
    const handler = ImageConfig?.Command?.at(-1);
    if (handler === undefined) return;
    const boxed = { Environment: { Variables: { ...input.Environment?.Variables, BOX_COMMAND: handler } } };
    rewriteCall(exchange, { ...input, ...(whole ? boxed : { Handler: handler }) });
  }

  /** ministack knows the zip's hash. */
  function publish(exchange: Exchange): undefined {
    const input = json(exchange);
    const zip = [...byZip].find(([, { sha256 }]) => sha256 === input['CodeSha256'])?.[0];
    if (zip !== undefined) rewriteCall(exchange, { ...input, CodeSha256: zip });
  }

  const told = (configuration: Record<string, unknown>) => {
    const image = byZip.get(String(configuration['CodeSha256']));
    if (image === undefined) return configuration;
    const { Runtime: _r, Handler, Layers: _l, ...rest } = configuration;
    const other = Handler === image.handler ? {} : { ImageConfigResponse: { ImageConfig: { Command: [Handler] } } };
    return { ...rest, ...other, PackageType: 'Image', CodeSha256: image.sha256 };
  };
  const tell = (body: Record<string, unknown>) => {
    const inner = body['Configuration'] as Record<string, unknown> | undefined;
    const image = byZip.get(String(inner?.['CodeSha256']));
    const lists = ['Versions', 'Functions'].filter((key) => Array.isArray(body[key]));
    return {
      ...told(body),
      ...(inner === undefined ? {} : { Configuration: told(inner) }),
      ...(image === undefined ? {} : { Code: { RepositoryType: 'ECR', ImageUri: image.uri, ResolvedImageUri: image.uri } }),
      ...Object.fromEntries(lists.map((key) => [key, (body[key] as Record<string, unknown>[]).map(told)])),
    };
  };

  return {
    check: async (exchange) => {
      const { name } = exchange.call;
      if (name === 'lambda:CreateFunction') return create(exchange);
      if (name === 'lambda:UpdateFunctionCode') return update(exchange);
      if (name === 'lambda:PublishVersion') return publish(exchange);
      if (name !== 'lambda:UpdateFunctionConfiguration' || !(await isImage(functionOf(exchange.call).name))) return undefined;
      return withoutStart(json(exchange)) ?? command(exchange);
    },
    learn: ({ call }, answer) => {
      const tells = /^lambda:(CreateFunction|UpdateFunction|PublishVersion|GetFunction(Configuration)?$|ListFunctions|ListVersions)/;
      if (answer.status < 300 && tells.test(call.name) && !call.name.includes('Url')) rewrite(answer, tell);
    },
  };
}

function codeOf({ key }: Made) {
  return { S3Bucket: BUCKET, S3Key: key };
}

function withoutStart(input: Record<string, unknown>): Refusal | undefined {
  if (['Handler', 'Runtime', 'Layers'].every((key) => input[key] === undefined)) return undefined;
  return invalid("Please don't provide Handler or Runtime or Layer when the intended packageType is Image.");
}

function letsPull(policy: string | undefined): boolean {
  const { Statement = [] } = JSON.parse(policy ?? '{}') as { Statement?: { Effect: string; Action: string[]; Principal: { Service?: string } }[] };
  return Statement.some(({ Effect, Action, Principal }) => Effect === 'Allow' && Principal.Service === 'lambda.amazonaws.com' && ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].every((one) => Action.includes(one)));
}

function invalid(message: string): Refusal {
  return { status: 400, code: 'InvalidParameterValueException', message };
}
