import { HELP_OPTION, type OptionSpec, type ProgramSpec } from '../program-spec.js';

interface OptionOwner {
  /** Empty for the program itself. */
  readonly command: string;
  readonly options: readonly OptionSpec[];
}

/** Which options belong to which command, those of the program first. */
export function optionOwners(program: ProgramSpec): readonly OptionOwner[] {
  return [
    { command: '', options: program.options },
    ...program.commands.map(({ name, options }) => ({ command: name, options: [HELP_OPTION, ...(options ?? [])] })),
  ];
}

/** `command:--flag` of each option that has a value; options of the program have no command. */
export function valueFlags(program: ProgramSpec): readonly string[] {
  return optionOwners(program).flatMap(({ command, options }) =>
    options.filter(({ metavar }) => metavar !== undefined).map(({ flag }) => `${command}:${flag}`),
  );
}
