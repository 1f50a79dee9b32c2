import { Session } from 'node:inspector';
import type { Debugger, Runtime } from 'node:inspector';

/** Milliseconds that the main thread has to stop for a look; code outside JavaScript never does. */
const PATIENCE = 2000;
/** Calls shown, and steps back over `await`. */
const MOST_FRAMES = 30;
const ASYNC_DEPTH = 8;

/**
 * What the main thread is doing, asked from another thread: it is stopped for a moment, wherever it is, and goes on. Undefined when it
 * does not stop: then it is not in JavaScript.
 */
export function mainThreadStack(): Promise<readonly string[] | undefined> {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  return new Promise((resolve) => {
    const end = (stack: readonly string[] | undefined): void => {
      clearTimeout(timer);
      session.post('Debugger.resume', () => undefined);
      session.post('Debugger.disable', () => undefined);
      // What was posted goes through before the end of the connection does.
      setTimeout(() => session.disconnect(), 100);
      resolve(stack);
    };
    const timer = setTimeout(() => end(undefined), PATIENCE);
    session.once('Debugger.paused', ({ params }) => end(linesOf(params, urls)));
    session.post('Debugger.enable', () => undefined);
    session.post('Debugger.setAsyncCallStackDepth', { maxDepth: ASYNC_DEPTH }, () => undefined);
    session.post('Debugger.pause', () => undefined);
  });
}

function linesOf(paused: Debugger.PausedEventDataType, urls: ReadonlyMap<string, string>): readonly string[] {
  const lines = paused.callFrames.map(({ functionName, location }) =>
    frame(functionName, urls.get(location.scriptId) ?? '', location.lineNumber, location.columnNumber ?? 0),
  );
  for (let trace: Runtime.StackTrace | undefined = paused.asyncStackTrace; trace; trace = trace.parent) {
    lines.push(`--- ${trace.description ?? 'before'} ---`);
    for (const { functionName, url, lineNumber, columnNumber } of trace.callFrames) {
      lines.push(frame(functionName, url, lineNumber, columnNumber));
    }
  }
  return lines.slice(0, MOST_FRAMES);
}

function frame(name: string, url: string, line: number, column: number): string {
  return `at ${name || '<anonymous>'} (${url}:${line + 1}:${column + 1})`;
}
