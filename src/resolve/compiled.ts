/** What is still needed of a model that was compiled: nothing that it was saved with. */
import type { ModelCard } from '../card.ts';
import type { RequirementsFile } from './requirements.ts';

/** The card as of a file that names no package. */
export function withoutModel(card: ModelCard): ModelCard {
  if (card.kind === 'python') return card;
  if (card.kind === 'framework') return { ...card, distributions: [], versions: {}, atLeast: {} };
  return { ...card, format: 'pickle', distributions: [], framework: null, versions: {}, atLeast: {}, userClasses: [] };
}

/** Requirements were written for the model: of what the user's code still needs they tell the versions. */
export function asVersions(file: RequirementsFile): RequirementsFile {
  const versions = file.items.filter(({ specifier, line }) => specifier !== '' && !line.includes('['));
  return { ...file, items: [], constraints: [...file.constraints, ...versions], unsupported: [] };
}
