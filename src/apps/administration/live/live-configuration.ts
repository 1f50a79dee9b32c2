import type { ConfigProblem } from '../../../domain/config/config-problem.js';
import type { LiveConfiguration } from '../../../domain/presentation/live.js';
import { cutText } from '../../../domain/presentation/visible-text.js';

const MOST_PLACES = 3;
const LONGEST_PLACE = 200;

/** Where the mistakes are, and not what they are: the page has no passwords, and a message may quote what stands in the file. */
export function liveConfiguration(mistakes: readonly ConfigProblem[]): LiveConfiguration {
  return { mistakes: mistakes.length, places: mistakes.slice(0, MOST_PLACES).map(placeOf) };
}

function placeOf({ file, line, keyPath }: ConfigProblem): string {
  const where = line === null ? fileName(file) : `${fileName(file)}, line ${line}`;
  return cutText(keyPath === '' ? where : `${where}: ${keyPath}`, LONGEST_PLACE);
}

function fileName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
