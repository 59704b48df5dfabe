// AWS SAM at its best: builds that go on from the last one, polling as often as it may, and for a rollback the packaged
// template of the release before, which somebody has kept.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

const windows = process.platform === 'win32';
const REGION = ['--region', 'eu-west-1'];
const STACK = ['--stack-name', 'heart', '--resolve-s3', '--capabilities', 'CAPABILITY_IAM', '--no-confirm-changeset', '--no-fail-on-empty-changeset', '--no-progressbar', ...REGION];
/** Seconds between two looks at the stack; 5 unless said: `sam deploy --help`. */
const POLL = '0.1';

/** As it was sent: it names the packages where they were stored. */
const TEMPLATE_OF_NOW = `
import boto3, pathlib, sys
body = boto3.client("cloudformation").get_template(StackName="heart", TemplateStage="Original")["TemplateBody"]
pathlib.Path(sys.argv[1]).write_text(body)
`;

/**
 * @param work a folder of its own
 * @param template `function` or `layer`
 * @param requirements file of the model's packages, pinned
 */
export function sam(work, { bin }, template, requirements) {
  const project = path.join(work, 'project');
  const source = path.join(project, 'src');
  const packaged = path.join(work, 'packaged.yaml');
  const environment = (env) => ({
    ...env, PATH: `${bin}${path.delimiter}${process.env.PATH}`, SAM_CLI_TELEMETRY: '0', __SAM_CLI_APP_DIR: path.join(work, 'app'), SAM_CLI_POLL_DELAY: POLL,
  });
  const call = (env, ...args) => run(path.join(bin, windows ? 'sam.exe' : 'sam'), args, { cwd: project, env: environment(env) });
  return {
    name: template === 'layer' ? 'sam, dependencies in a layer' : 'sam',
    rounds: template === 'layer' ? 1 : Infinity,
    command: `sam build --cached && sam deploy --resolve-s3 ... (SAM_CLI_POLL_DELAY=${POLL})`,
    back: 'sam deploy --template-file PACKAGED-BEFORE.yaml ...',
    forget() {
      rmSync(project, { recursive: true, force: true });
      const dependencies = template === 'layer' ? path.join(project, 'dependencies') : source;
      for (const folder of [source, dependencies]) mkdirSync(folder, { recursive: true });
      cpSync(path.join(import.meta.dirname, `sam/${template}.yaml`), path.join(project, 'template.yaml'));
      cpSync(path.join(import.meta.dirname, 'sam/app.py'), path.join(source, 'app.py'));
      cpSync(requirements, path.join(dependencies, 'requirements.txt'));
    },
    take: (model) => cpSync(model, path.join(source, 'model.joblib')),
    deploy: async (env) => (await call(env, 'build', '--cached', '--parallel')) + (await call(env, 'deploy', ...STACK)),
    keep: (env) => run(path.join(bin, windows ? 'python.exe' : 'python'), ['-c', TEMPLATE_OF_NOW, packaged], { cwd: project, env: { ...environment(env), AWS_DEFAULT_REGION: REGION[1] } }),
    rollback: (env) => call(env, 'deploy', '--template-file', packaged, ...STACK),
  };
}
