// The first step of every test command: the tests it runs find what they need, or somebody is told what to install.
import { installDependencies, requireNode } from './steps.mjs';
import { findMissingTools, hint } from './test-tools.mjs';

/**
 * Brings what these projects need, and calls `test` unless only that was asked for. What cannot be brought is said; the tests that need
 * it are skipped then, except with CI=true.
 *
 * @returns what `test` returns, or an exit status
 */
export function preparation(projects, args, test) {
  requireNode();
  installDependencies();
  const missing = findMissingTools(projects);
  for (const tool of missing) console.error(hint(tool));
  const only = args.includes('--prepare');
  if (missing.length > 0 && (only || process.env.CI === 'true')) return 1;
  return only ? 0 : test();
}
