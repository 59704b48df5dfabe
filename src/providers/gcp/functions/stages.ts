/** How far Cloud Functions is, from the metadata of its operation. */
import type { protos } from '@google-cloud/functions';

type Stage = protos.google.cloud.functions.v2.IStage;

/** google.cloud.functions.v2.Stage.Name, by its name and by its number: operations tell numbers. */
const DOING: Record<string, string> = {
  ARTIFACT_REGISTRY: 'the registry of its images',
  1: 'the registry of its images',
  BUILD: 'Cloud Build to make the image',
  2: 'Cloud Build to make the image',
  SERVICE: 'Cloud Run to start the image',
  3: 'Cloud Run to start the image',
};
/** google.cloud.functions.v2.Stage.State */
const UNDER_WAY: unknown[] = ['IN_PROGRESS', 2];

export function stageText(metadata: unknown): string {
  const stages = (metadata as { stages?: Stage[] | null } | null)?.stages ?? [];
  const now = stages.find(({ state }) => UNDER_WAY.includes(state));
  return DOING[String(now?.name ?? '')] ?? 'Cloud Functions';
}
