/**
 * What we use of class-validator, without the rest: its index also loads the checks of telephone numbers with the numbering plans of
 * all countries, a third of the memory and of the start of a command that reads a configuration. The parts share one store of
 * metadata (a global of the package), so that classes decorated through its index mean the same.
 */
import { createRequire } from 'node:module';
import type * as whole from 'class-validator';

export type { ValidationArguments, ValidationError } from 'class-validator';

type Whole = typeof whole;

const require = createRequire(import.meta.url);

/** The build of the package that `require` takes: the same files that its index is made of. */
function part<Name extends keyof Whole>(file: string, name: Name): Whole[Name] {
  return (require(`class-validator/cjs/${file}.js`) as Pick<Whole, Name>)[name];
}

export const ValidateBy = part('decorator/common/ValidateBy', 'ValidateBy');
export const ValidateNested = part('decorator/common/ValidateNested', 'ValidateNested');

const Validator = part('validation/Validator', 'Validator');
const validator = new Validator();

/** All that is wrong with an instance of a decorated class, nested instances included. */
export const validateSync: Whole['validateSync'] = validator.validateSync.bind(validator);
