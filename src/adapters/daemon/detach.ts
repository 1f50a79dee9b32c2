import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { DETACHED_FROM, REPORT_DESCRIPTOR, STARTED } from './detached-start.js';

/**
 * Starts this very program anew in the background: a session of its own, standard streams at /dev/null, `/` as its folder (what
 * Node cannot do to a running process). Resolves once it has started for good. Answers null then, else what it said it failed of.
 */
export async function startDetached(): Promise<string | null> {
  const [script = '', ...args] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    cwd: '/',
    env: { ...process.env, [DETACHED_FROM]: process.cwd() },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => `exit status ${String(code ?? signal)}`);
  const report = await textOf(child.stdio[REPORT_DESCRIPTOR] as Readable);
  if (report === STARTED) {
    child.unref();
    return null;
  }
  const status = await ended;
  return report === '' ? `it ended while starting (${status})` : report;
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += String(chunk);
  return text;
}
