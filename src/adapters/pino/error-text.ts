import { redactText } from './redaction.js';

const LONGEST_CHAIN = 5;

/** The error's message with those of its causes. */
export function errorMessage(error: Error): string {
  return redactText(chain(error).map(describe).join(': caused by '));
}

/** The error's stack with those of its causes. */
export function errorStack(error: Error): string {
  const stacks = chain(error).map((one) => one.stack ?? describe(one));
  return redactText(stacks.join('\ncaused by: '));
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
