export { absoluteArtifact, splitArtifact } from './artifact.ts';
export { checkFiles } from './files.ts';
export { checkLimits } from './limits.ts';
export { loadConfig, type Config, type Flags } from './load.ts';
export { checkName, defaultName } from './name.ts';
