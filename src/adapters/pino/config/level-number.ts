import { PYTHON_LEVELS } from '../log-entry.js';
import type { LevelDraft } from './log-config-draft.js';
import type { Spot } from './log-config-error.js';

/** Null is NOTSET, 0. @throws LogConfigError for names that Python does not know either */
export function levelNumber(level: LevelDraft, spot: Spot): number {
  if (level === null) return 0;
  if (typeof level === 'number') return level;
  return (
    PYTHON_LEVELS.get(level) ??
    spot.fail('level', `${level} is no level; there are ${[...PYTHON_LEVELS.keys()].join(', ')}`)
  );
}
