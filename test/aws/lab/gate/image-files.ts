/** What is in an image of ministack's registry, without the code that made it: tar and Python take it apart. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { program } from '../programs.ts';
import { temporary } from '../server.ts';

export interface Manifest {
  mediaType: string;
  config: { digest: string; mediaType: string };
  layers: { digest: string; mediaType: string }[];
}

export interface ImageConfig {
  architecture: string;
  config: { Entrypoint?: string[]; Cmd?: string[]; Env?: string[]; WorkingDir?: string };
}

const ZIP = `
import pathlib, sys, zipfile
root = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
    for file in sorted(each for each in root.rglob("*") if each.is_file()):
        archive.write(file, file.relative_to(root).as_posix())
`;

export class Registry {
  readonly #url: string;

  /** @param endpoint ministack's own */
  constructor(endpoint: string) {
    this.#url = `${endpoint}/v2`;
  }

  /** Null where there is no such image. */
  async manifest(repository: string, reference: string): Promise<Manifest | null> {
    const answer = await fetch(`${this.#url}/${repository}/manifests/${reference}`);
    return answer.status === 200 ? ((await answer.json()) as Manifest) : (await answer.arrayBuffer(), null);
  }

  async config(repository: string, { config }: Manifest): Promise<ImageConfig> {
    return JSON.parse((await this.#blob(repository, config.digest)).toString()) as ImageConfig;
  }

  /** The function's folder as a zip, with a file that tells images of the same files apart. */
  async zip(repository: string, { layers }: Manifest, mark: string): Promise<Buffer> {
    const folder = temporary('image');
    const task = path.join(folder, 'var/task');
    mkdirSync(task, { recursive: true });
    try {
      for (const { digest } of layers) {
        const file = path.join(folder, 'layer.tar.gz');
        writeFileSync(file, await this.#blob(repository, digest));
        const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n');
        const ours = names.filter((name) => /^(\.\/)?var\/task\/.*[^/]$/.test(name));
        if (ours.length > 0) execFileSync('tar', ['-xzf', file, '-C', folder, '-T', '-'], { input: ours.join('\n') });
      }
      writeFileSync(path.join(task, '.image'), mark);
      execFileSync(program('handlerPython'), ['-I', '-c', ZIP, task, path.join(folder, 'code.zip')]);
      return readFileSync(path.join(folder, 'code.zip'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #blob(repository: string, digest: string): Promise<Buffer> {
    const answer = await fetch(`${this.#url}/${repository}/blobs/${digest}`);
    if (answer.status !== 200) throw new Error(`${repository} has no ${digest}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }
}
