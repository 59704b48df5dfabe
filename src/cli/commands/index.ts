import type { Command } from '../command.ts';
import { bench } from './bench.ts';
import { build } from './build.ts';
import { complete } from './complete.ts';
import { compare } from './compare.ts';
import { completion } from './completion.ts';
import { del } from './delete.ts';
import { deploy } from './deploy.ts';
import { doctor } from './doctor.ts';
import { image } from './image.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { invoke } from './invoke.ts';
import { logs } from './logs.ts';
import { promote } from './promote.ts';
import { prove } from './prove.ts';
import { releases } from './releases.ts';
import { reload } from './reload.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { warm } from './warm.ts';

/** In the order of the help: the way a model goes. Each imports what it runs only when it runs. */
export const COMMANDS: readonly Command[] = [
  inspect, prove, deploy, invoke, releases, rollback, promote, reload, warm, status, compare, bench, logs, del, build, image, init, doctor, stop, completion, complete,
];
