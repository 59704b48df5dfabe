import { command } from '../command.ts';
import { labelled } from '../lines.ts';

interface Stopped {
  /** False when none was running. */
  stopped: boolean;
}

export const stop = command({
  name: 'stop',
  summary: 'End the local daemon and its workers',
  details: 'Releases stay; the next deploy or invoke starts it again, with what was live.',
  arguments: [],
  options: {},
  examples: [['stop', 'nothing of mlfn runs on this machine afterwards']],
  async run(ctx): Promise<Stopped> {
    const { stopDaemon } = await import('../../providers/local/index.ts');
    return { stopped: await stopDaemon(ctx) };
  },
  text: ({ stopped }, { paint }) => labelled(paint.bold, 'stop', stopped ? 'the local daemon has ended' : 'no local daemon was running'),
});
