import { cutText, visible } from '../../domain/presentation/visible-text.js';
import { redactText } from './redaction.js';

const LONGEST_CHAIN = 5;
/** Characters. */
const LONGEST_MESSAGE = 4000;
const LONGEST_STACK = 20_000;

/** The error's message with those of its causes. */
export function errorMessage(error: Error): string {
  return shown(chain(error).map(describe).join(': caused by '), LONGEST_MESSAGE);
}

/** The error's stack with those of its causes. */
export function errorStack(error: Error): string {
  const stacks = chain(error).map((one) => one.stack ?? describe(one));
  return shown(stacks.join('\ncaused by: '), LONGEST_STACK);
}

/** Cut first: looking for secrets in a megabyte takes its time. */
function shown(text: string, longest: number): string {
  return visible(redactText(cutText(text, longest)), '\n');
}

function describe(error: Error): string {
  return error.message || error.name;
}

function chain(error: Error): readonly Error[] {
  const errors = [error];
  for (let cause = error.cause; cause instanceof Error && errors.length < LONGEST_CHAIN; cause = cause.cause) {
    errors.push(cause);
  }
  return errors;
}
