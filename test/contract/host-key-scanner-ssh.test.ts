import { SshHostKeyScanner } from '../../src/adapters/ssh/ssh-host-key-scanner.js';
import { SystemClock } from '../../src/adapters/system/system-clock.js';
import { describeHostKeyScannerContract } from './host-key-scanner.suite.js';

describeHostKeyScannerContract('over the network', () => ({
  scanner: new SshHostKeyScanner(new SystemClock(), { maxScans: 4, retryInterval: 0.1, tryTimeout: 1 }),
  maxScans: 4,
  longerThanTry: 1.5,
}));
