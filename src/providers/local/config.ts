import { z } from 'zod';

export const configSchema = z.strictObject({
  /** Without it: 8750, or the next that is free; once chosen it stays. */
  port: z.number().int().min(1).max(65_535).optional(),
});

export type LocalConfig = z.infer<typeof configSchema>;
