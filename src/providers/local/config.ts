import * as z from 'zod';

const must = 'a whole number from 1 to 65535';

/** The `local:` section of mlfn.yaml. */
export const configSchema = z.strictObject(
  {
    port: z
      .int({ error: must })
      .min(1, { error: must })
      .max(65_535, { error: must })
      .optional()
      .describe('Port of 127.0.0.1; else 8750, or the next that is free. Once chosen it stays.'),
  },
  { error: 'a mapping' },
);

export type LocalConfig = z.infer<typeof configSchema>;
