import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { withCleanDescriptors } from '../../../src/adapters/system/clean-descriptors.js';
import { NodeProcessRunner } from '../../../src/adapters/system/node-process-runner.js';

const LIST = 'for f in /proc/$$/fd/*; do n=${f##*/}; if [ "$n" -gt 2 ] && [ -e "$f" ]; then echo "$n"; fi; done';

/** What a child sees beyond stdin, stdout and stderr when its parent has descriptor 7 open without close-on-exec. */
function inherited(argv: readonly string[]): string {
  const child = spawnSync('bash', ['-c', 'exec 7</dev/null; exec "$@"', 'parent', ...argv], { encoding: 'utf8' });
  expect([child.status, child.stderr]).toEqual([0, '']);
  return child.stdout;
}

describe('a child process', () => {
  it('does not get descriptors of ours, such as the connection to ZooKeeper', () => {
    expect(inherited(['sh', '-c', LIST])).toMatch(/^7$/m);
    expect(inherited(withCleanDescriptors(['sh', '-c', LIST]))).toBe('');
  });

  it.each([
    ['is not there', ['no-such-command'], 'no such command'],
    ['is no program', ['/etc/passwd'], 'not executable'],
  ] as const)('is not started when its command %s', async (_title, argv, words) => {
    const outcome = await new NodeProcessRunner().run({ argv: [...argv], env: { PATH: '/usr/bin:/bin' } });
    expect(outcome).toMatchObject({ kind: 'not-started', problem: expect.stringContaining(words) as string });
  });
});
