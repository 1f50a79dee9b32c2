import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/** For `describe.skipIf`: true if there is no browser, with a message; under CI that is an error. */
export function withoutChromium(): boolean {
  if (existsSync(EXECUTABLE)) return false;
  const missing = `no ${EXECUTABLE} (apt-get install chromium)`;
  if (process.env['CI'] === 'true') throw new Error(`The tests in a browser cannot run: ${missing}`);
  console.warn(`Skipped, for want of a browser: ${missing}`);
  return true;
}

/** Debian's Chromium without a window. The sandbox needs rights that containers do not give to root. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] });
}
