import { withDeadline } from '../../ports/toolkit/deadline.js';
import type { BuildEnding, BuildProgress } from '../../ports/administration/order-progress.js';
import { ProgressLine } from './progress-line.js';
import type { SubcommandContext } from './subcommand.js';

/** What was ordered was not carried out. */
export class OrderFailedError extends Error {
  readonly code = 'NP_ORDER_FAILED';
  override readonly name = 'OrderFailedError';
}

/** `image-build --wait`. @throws OrderFailedError, DeadlineError */
export async function followBuild(context: SubcommandContext, image: string): Promise<void> {
  const ending = await following(context, `the build of image ${image}`, (line, signal) =>
    context.progress.build(image, (progress) => line.show(buildText(image, progress)), signal),
  );
  if (ending.kind !== 'built') throw new OrderFailedError(failure(image, ending));
  context.stderr.write(`image ${image} is built: ${image}-${ending.build} (${ending.formats.join(', ')})\n`);
}

/** `delete --wait`. @throws DeadlineError */
export async function followDeletion(context: SubcommandContext, id: string): Promise<void> {
  // Lock and record go together, and the lock may be seen to go first: that is no news.
  let taken = false;
  await following(context, `the deletion of node ${id}`, (line, signal) =>
    context.progress.deletion(
      id,
      ({ state, locked }) => {
        taken ||= locked;
        line.show(`node ${id} is ${state}${taken ? ', a launcher is at it' : ''}`);
      },
      signal,
    ),
  );
  context.stderr.write(`node ${id} is gone\n`);
}

async function following<T>(
  context: SubcommandContext,
  what: string,
  follow: (line: ProgressLine, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, stderr, environment, signal } = context;
  const line = new ProgressLine(stderr, clock, environment);
  const limit = Number(context.optional('--timeout') ?? Infinity);
  try {
    return await withDeadline(clock, limit, what, signal ?? new AbortController().signal, (inner) =>
      follow(line, inner),
    );
  } finally {
    line.end();
  }
}

function buildText(image: string, progress: BuildProgress): string {
  if (progress.kind === 'building') {
    const by = progress.builder === null ? '' : ` by ${progress.builder}`;
    return `image ${image} is being built${by} as ${progress.build}`;
  }
  const why = progress.paused ? ': the image is paused' : progress.held === null ? '' : `: ${progress.held}`;
  return `image ${image} waits for a builder${why}`;
}

function failure(image: string, ending: Exclude<BuildEnding, { readonly kind: 'built' }>): string {
  if (ending.kind === 'withdrawn') return `the order to build image ${image} was withdrawn`;
  const why = ending.problem === null ? 'its log is in build-log-dir of the builder' : ending.problem;
  return `the build ${image}-${ending.build} failed: ${why}`;
}
