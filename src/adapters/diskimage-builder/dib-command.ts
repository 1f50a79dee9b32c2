import type { BuildJob } from '../../ports/image-building/image-builder.js';
import { shellWords } from './shell-words.js';

/** `dib-cmd` has no words. */
export class EmptyCommandError extends Error {
  readonly code = 'NP_EMPTY_COMMAND';
  override readonly name = 'EmptyCommandError';
}

export type Argv = readonly [string, ...string[]];

const QEMU_IMG_OPTIONS = 'compat=0.10';

/** Path of the build's files without extension. */
export function outputBase(job: BuildJob): string {
  return `${job.imagesDir}/${job.image.name}-${job.buildId}`;
}

/**
 * The command line of one build (spec BUILDER 2.5). `dib-cmd` and the elements are split into words like a shell does; `%p` in
 * `dib-cmd` stands for `programDir`. @throws UnbalancedQuotesError, EmptyCommandError
 */
export function dibArgv(job: BuildJob, programDir: string): Argv {
  const { image } = job;
  const [program, ...options] = shellWords(image.dibCmd.replaceAll('%p', programDir));
  if (program === undefined) throw new EmptyCommandError('dib-cmd is empty');
  const formats = [...image.formats].sort().join(',');
  const qemu = formats.includes('qcow2') ? ['--qemu-img-options', QEMU_IMG_OPTIONS] : [];
  return [
    program,
    ...options,
    '-x',
    '-t',
    formats,
    '--checksum',
    '--no-tmpfs',
    ...qemu,
    '-o',
    outputBase(job),
    ...shellWords(image.elements.join(' ')),
  ];
}

/** The child's whole environment: ours, what diskimage-builder wants to know, and the image's `env-vars`, which win. */
export function dibEnvironment(job: BuildJob, own: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    ...own,
    DIB_RELEASE: job.image.release,
    DIB_IMAGE_NAME: job.image.name,
    DIB_IMAGE_FILENAME: outputBase(job),
    ...(job.elementsDir === null ? {} : { ELEMENTS_PATH: job.elementsDir }),
    ...job.image.envVars,
  };
}

/** For the log: words that a shell would take apart are quoted. The environment is never shown; it may hold secrets. */
export function displayCommand(argv: Argv): string {
  return argv.map((word) => (/^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
