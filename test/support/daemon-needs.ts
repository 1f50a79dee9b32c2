import { existsSync } from 'node:fs';
import { withoutKazoo } from './kazoo-client.js';
import { withoutZooKeeper } from './zookeeper-server.js';

const DIB = ['/usr/bin/disk-image-create', '/usr/bin/qemu-img', '/bin/busybox', '/bin/bash-static'];

/** For `describe.skipIf`: true, with a message, if there is no ZooKeeper or no kazoo; under CI that is an error. */
export function withoutClient(): boolean {
  // Both are asked, so that both messages come.
  return [withoutZooKeeper(), withoutKazoo()].includes(true);
}

/** For `describe.skipIf`: true, with a message, if images cannot be built for real; under CI that is an error. */
export function withoutDiskImageBuilder(): boolean {
  const missing = DIB.filter((path) => !existsSync(path));
  if (missing.length === 0 && process.getuid?.() === 0) return false;
  const why =
    missing.length > 0
      ? `no ${missing.join(', ')} (apt-get install python3-diskimage-builder qemu-utils busybox-static bash-static)`
      : 'not root';
  if (process.env['CI'] === 'true') throw new Error(`Images cannot be built for real: ${why}`);
  console.warn(`Skipped, for want of diskimage-builder: ${why}`);
  return true;
}
