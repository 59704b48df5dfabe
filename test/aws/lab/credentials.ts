/** What the SDK, the CLI and a handler need to find a part of the lab, and nothing of this machine's own AWS settings. */

/** One server of the lab. `env` is what a program needs to use it in place of AWS. */
export interface Lab {
  /** `http://127.0.0.1:PORT` */
  endpoint: string;
  env: Record<string, string>;
  stop(): Promise<void>;
}

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
/** The account's root, for ministack and moto. Any twelve digits as the key are the root of that account. */
export const ACCESS_KEY = 'test';
export const SECRET_KEY = 'test';

export function awsEnv(endpoint: string, accessKey = ACCESS_KEY, secretKey = SECRET_KEY): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_REGION: REGION,
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
