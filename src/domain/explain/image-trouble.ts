/** Which of the reasons not to build or upload are trouble that operators should see at a glance. */
import type { ImageProblem } from '../model/image-problem.js';
import type { Decision } from './reason.js';

/** Error texts of clouds may be pages long. */
const LONGEST_TEXT = 300;

export type ImageTrouble = Omit<ImageProblem, 'image' | 'provider'>;

/** Null if the decision is no trouble: it goes ahead, nothing is due, or it waits for good reasons. */
export function imageTrouble({ verdict, because }: Decision<string>): ImageTrouble | null {
  const reason = because[0];
  if (verdict !== 'wait' || reason === undefined) return null;
  switch (reason.code) {
    case 'BACKOFF':
      return trouble(reason.code, reason.failures, reason.problem, reason.until);
    case 'DISK_FULL': {
      const text = `too little room in the images directory: ${reason.free} bytes are free, ${reason.need} are wanted`;
      return trouble(reason.code, 0, text, null);
    }
    case 'PROVIDER_NOT_READY':
      return trouble(reason.code, 0, `the provider cannot be used: ${reason.problem}`, null);
    default:
      return null;
  }
}

function trouble(code: ImageTrouble['code'], failures: number, text: string, nextTry: number | null): ImageTrouble {
  const problem = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
  return { code, failures, problem, nextTry };
}
