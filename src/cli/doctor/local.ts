import type { Check } from './check.ts';

/** The daemon, and whether its port can be had; the local target's own preflight. */
export const local: Check = {
  name: 'local',
  run: async (ctx) => {
    const [{ loadConfig }, { open }, { findDaemon }, { layoutOf }] = await Promise.all([
      import('../../config/index.ts'),
      import('../function.ts'),
      import('../../providers/local/daemon-client.ts'),
      import('../../providers/local/layout.ts'),
    ]);
    const { targetConfig } = await loadConfig(ctx, { target: 'local' });
    const { provider, config } = await open('local', targetConfig);
    const findings = await provider.preflight(ctx, config);
    if (findings.length > 0) {
      return findings.map(({ severity, message, hint }) => ({
        state: severity === 'error' ? 'fail' : severity === 'warning' ? 'warn' : 'note',
        text: message,
        ...(hint === undefined ? {} : { mend: hint }),
      }));
    }
    const daemon = await findDaemon(layoutOf(ctx.home.local));
    if (daemon === null) return [{ state: 'ok', text: 'the daemon is not running; a deploy starts it' }];
    return [{ state: 'ok', text: `the daemon runs: process ${daemon.pid}, port ${daemon.port}, version ${daemon.version}` }];
  },
};
