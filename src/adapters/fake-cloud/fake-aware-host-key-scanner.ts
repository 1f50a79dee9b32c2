import type { HostKeyScanner, HostKeyScanTarget } from '../../ports/runtime/host-key-scan.js';

/** Answers for addresses of fake clouds, which nobody can contact, and leaves the others to a real scanner (spec BUILDER 6.5). */
export class FakeAwareHostKeyScanner implements HostKeyScanner {
  constructor(private readonly real: HostKeyScanner) {}

  async scan(target: HostKeyScanTarget, timeout: number, signal?: AbortSignal): Promise<readonly string[]> {
    if (!target.host.includes('fake')) return this.real.scan(target, timeout, signal);
    return target.gather === 'keys' ? ['ssh-rsa FAKEKEY'] : [];
  }
}
