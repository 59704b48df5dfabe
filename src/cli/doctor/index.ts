import { cache } from './cache.ts';
import type { Check } from './check.ts';
import { credentials } from './credentials.ts';
import { local } from './local.ts';
import { network } from './network.ts';
import { node } from './node.ts';
import { python } from './python.ts';
import { uv } from './uv.ts';

/** The folder comes first: the checks of `needFolder` keep things in it. */
export const CHECKS: readonly Check[] = [node, cache, python, uv, local, credentials, network];
export const folderCheck = cache;
export const needFolder: readonly Check[] = [python, uv, local];
