import type { SubjectKind } from '../../domain/explain/explanation.js';
import type { LauncherAnswer } from './explanations.js';

/** The web interfaces of other launchers, driven side. */
export interface LauncherOpinions {
  /**
   * Asks one launcher for its opinions. `address`: `http://host:port`. Bounded in time and in the size of the answer; never
   * rejects, even when the signal ends it: that is a silent launcher.
   */
  ask(
    address: string,
    kind: SubjectKind,
    id: string,
    signal?: AbortSignal,
    changes?: readonly string[],
  ): Promise<LauncherAnswer>;
}
