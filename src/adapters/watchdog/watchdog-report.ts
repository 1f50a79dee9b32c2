import { writeSync, openSync, closeSync } from 'node:fs';

/** Where the log of this process goes: a descriptor, or a file to add to; in plain lines or in JSON. */
export interface ReportTarget {
  readonly to: 1 | 2 | string;
  readonly json: boolean;
}

/** Writes lines past the logger, which belongs to a thread that stands still. Trouble with writing is nobody's trouble. */
export function report(targets: readonly ReportTarget[], message: string, stack: readonly string[], now: Date): void {
  for (const { to, json } of targets) {
    const text = json ? jsonLine(message, stack, now) : textLines(message, stack, now);
    try {
      const descriptor = typeof to === 'string' ? openSync(to, 'a', 0o640) : to;
      writeSync(descriptor, text);
      if (typeof to === 'string') closeSync(descriptor);
    } catch {
      // The other targets may have better luck.
    }
  }
}

const NAME = 'nodepool.watchdog';

function jsonLine(message: string, stack: readonly string[], now: Date): string {
  const entry = { level: 'error', ...(stack.length > 0 && { stack }), time: now.toISOString(), name: NAME, message };
  return `${JSON.stringify(entry)}\n`;
}

/** As the log is written without a configuration of its own: each line with the whole prefix. */
function textLines(message: string, stack: readonly string[], now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const prefix = `${day} ${time},${String(now.getMilliseconds()).padStart(3, '0')} ERROR ${NAME}: `;
  return [message, ...stack.map((line) => `  ${line}`)].map((line) => `${prefix}${line}\n`).join('');
}
