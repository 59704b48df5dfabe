/** The registries that one command talks to, each over connections of its own. */
import type { Context } from '../../events.ts';
import { layoutAt, parseReference, registrySource, Session, type Source } from '../../oci/index.ts';
import { cloudLogin } from '../../providers/index.ts';

type Login = ConstructorParameters<typeof Session>[3];

export class Registries {
  readonly #ctx: Context;
  readonly #insecure: boolean;
  readonly #sessions = new Map<string, Session>();

  /** @param insecure they may speak HTTP, or show any certificate */
  constructor(ctx: Context, insecure: boolean) {
    this.#ctx = ctx;
    this.#insecure = insecure;
  }

  /** @param login in place of what docker's files hold, and else the cloud's whose registry it is */
  session(registry: string, login?: Login): Session {
    const key = JSON.stringify([registry, login]);
    const known = this.#sessions.get(key) ?? new Session(this.#ctx, registry, this.#insecure, login ?? (() => cloudLogin(this.#ctx, registry)));
    this.#sessions.set(key, known);
    return known;
  }

  /** Of a base by its name: in a registry, or `oci:FOLDER[:TAG]`. */
  source(text: string): Source {
    const layout = layoutAt(this.#ctx, text);
    if (layout !== null) return layout;
    const reference = parseReference(text);
    return registrySource(this.#ctx, this.session(reference.registry), { ...reference, tag: reference.tag ?? (reference.digest === null ? 'latest' : null) });
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }
}
