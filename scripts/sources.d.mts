export declare function bundled(file: string): Promise<string>;
