// AWS SAM: `sam build` and `sam package`, into a bucket of the emulator's.
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inTurn } from './run.mjs';

// The client would write about its next versions.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const root = path.dirname(path.dirname(import.meta.dirname));
const windows = process.platform === 'win32';
const REGION = 'eu-west-1';
const PACKAGE = ['package', '--resolve-s3', '--region', REGION, '--no-progressbar', '--output-template-file', 'packaged.yaml'];

/** @param bin the folder of its commands. @param endpoint the emulator's */
export function sam({ work, watch, model, bin, endpoint }) {
  const project = path.join(work, 'sam');
  const source = path.join(project, 'src');
  const keys = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: REGION };
  const env = { ...keys, PATH: `${bin}${path.delimiter}${process.env.PATH}`, SAM_CLI_TELEMETRY: '0', __SAM_CLI_APP_DIR: path.join(work, 'sam-app') };
  const call = (...words) => watch(path.join(bin, windows ? 'sam.exe' : 'sam'), words, { cwd: project, env });
  const again = () => inTurn(() => call('build', '--cached'), () => call(...PACKAGE));
  return {
    name: 'sam build + sam package',
    command: 'sam build --cached && sam package --resolve-s3',
    handler: 'app.handler',
    lay() {
      mkdirSync(source, { recursive: true });
      cpSync(path.join(root, 'bench/aws/sam/function.yaml'), path.join(project, 'template.yaml'));
      cpSync(path.join(root, `bench/handlers/${model.shape}.py`), path.join(source, 'app.py'));
      cpSync(model.requirements, path.join(source, 'requirements.txt'));
    },
    take: (file) => cpSync(file, path.join(source, 'model.joblib')),
    acts: {
      fresh() {
        rmSync(path.join(project, '.aws-sam'), { recursive: true, force: true });
        return inTurn(() => call('build', '--cached'), () => call(...PACKAGE, '--force-upload'));
      },
      same: again,
      changed: again,
    },
    /** As it was sent. */
    async zips() {
      const [, Bucket, Key] = /CodeUri: s3:\/\/([^/]+)\/(\S+)/.exec(readFileSync(path.join(project, 'packaged.yaml'), 'utf8'));
      const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const file = path.join(project, 'sent.zip');
      writeFileSync(file, await Body.transformToByteArray());
      client.destroy();
      return [file];
    },
  };
}
