/** How mlfn finds again, on the function itself, what it did to it. Tags beside `mlfn`, which says that it is ours at all. */
import type { Session } from '../session.ts';

/** Which tags came from the configuration, so that one that is there no more can be taken away. */
export const TAGS_TAG = 'mlfn:tags';
/** On a function that is kept warm, with how often: `5m`. Who removes the function finds the schedule by it. */
export const WARM_TAG = 'mlfn:warm';
/** On a function that mlfn took over: it is never removed for a failed first release. */
export const ADOPTED_TAG = 'mlfn:adopted';
/** On a function that has, or had, a twin: its name. It is there before the twin is, so that whoever removes the function finds it. */
export const TWIN_TAG = 'mlfn:twin';
/** On a twin: the function that hands it the calls. */
export const FRONT_TAG = 'mlfn:front';

export async function functionArn({ partition, region, account }: Session, name: string): Promise<string> {
  return `arn:${partition}:lambda:${region}:${await account()}:function:${name}`;
}
