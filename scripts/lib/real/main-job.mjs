// The whole main job on a real machine, step by step, with the time that each step took.
import { setTimeout as pause } from 'node:timers/promises';
import { within } from './within.mjs';

/** Seconds that each step may take, on a machine that is busy and has no KVM. */
const PATIENCE = {
  runs: 60,
  building: 60,
  built: 900,
  uploading: 60,
  uploaded: 300,
  launching: 60,
  created: 120,
  active: 300,
  command: 120,
  released: 60,
  deleted: 60,
  rest: 120,
};
const COMMAND = ['sh', '-c', 'echo "$(whoami) at $(hostname), $(uname -sr), up for $(cut -d " " -f 1 /proc/uptime) s"'];

/** @throws Error at the first step that was not done, or the signal's reason */
export async function mainJob({ daemon, libvirt, identity, say, signal }) {
  const step = (name, from, to, note = '') =>
    say(`  ${name.padEnd(8)}${((to - from) / 1000).toFixed(1).padStart(8)} s  ${note}`.trimEnd());
  await marked(daemon, signal)('runs', 'Nodepool does not run');
  await clear({ daemon, libvirt, say, signal });
  await image({ daemon, step, say, signal });
  await lease({ daemon, identity, step, signal });
  await nothingLeft({ daemon, libvirt, signal });
}

/** What a start that was ended in the middle has left behind. */
async function clear({ daemon, libvirt, say, signal }) {
  const leases = await daemon.list(['lease-list'], signal);
  if (leases.length + (await remains({ daemon, libvirt, signal })).length === 0) return;
  say('  clearing away what was left the last time …');
  for (const { id } of leases) await daemon.nodepool(['lease-release', id], { signal, seconds: 60 });
  await nothingLeft({ daemon, libvirt, signal });
}

/** A command on a fresh machine: `nodepool run` takes a lease, waits, logs in, and gives the machine back. */
async function lease({ daemon, identity, step, signal }) {
  daemon.expect(['launching', 'created', 'active', 'released', 'deleted']);
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const seconds = PATIENCE.created + PATIENCE.active + PATIENCE.command;
  const options = ['--ttl', '30', '--purpose', 'quickstart', '--identity', identity];
  const command = daemon.nodepool(['run', 'tiny-vm', ...options, '--', ...COMMAND], { signal: both, seconds });
  // A command that fails has more to say than a step that does not come.
  const failed = command.then(() => new Promise(() => undefined));
  const soon = (name, trouble) => Promise.race([marked(daemon, signal)(name, trouble), failed]);
  try {
    const launching = await soon('launching', 'no machine is being launched');
    const created = await soon('created', 'the machine was not launched');
    step('launch', launching.at, created.at, `machine of node ${Number(created.text)}`);
    const active = await soon('active', 'the machine has not answered over SSH');
    step('boot', created.at, active.at, 'until SSH answers');
    const output = await within(PATIENCE.command, 'the command has not ended', command);
    const released = await soon('released', 'the lease was not released');
    step('command', active.at, released.at, output.trim());
    const deleted = await soon('deleted', 'the machine was not deleted');
    step('release', released.at, deleted.at, 'machine and disk are gone');
  } finally {
    over.abort(new Error('the job is over'));
    await command.catch(() => undefined);
  }
}

/** Waits for marks of the log. */
function marked(daemon, signal) {
  return (name, trouble) => unlessAborted(daemon.mark(name, PATIENCE[name], trouble), signal);
}

/** Built and uploaded, unless that was done the last time. */
async function image({ daemon, step, say, signal }) {
  const mark = marked(daemon, signal);
  const uploads = await daemon.list(['image-list'], signal);
  if (uploads.some(({ state }) => state === 'ready')) return say('  image tiny-vm is there from the last time');
  const builds = await daemon.list(['dib-image-list'], signal);
  if (!builds.some(({ state }) => state === 'ready')) {
    const building = await mark('building', 'no image is being built');
    say('  diskimage-builder is at work (half a minute) …');
    const built = await mark('built', 'the image was not built');
    step('build', building.at, built.at, 'image tiny-vm, by diskimage-builder');
  }
  const uploading = await mark('uploading', 'the image is not being uploaded');
  const uploaded = await mark('uploaded', 'the image was not uploaded');
  step('upload', uploading.at, uploaded.at, 'to the storage pool of libvirt');
}

async function nothingLeft({ daemon, libvirt, signal }) {
  const until = performance.now() + PATIENCE.rest * 1000;
  for (;;) {
    const left = await remains({ daemon, libvirt, signal });
    if (left.length === 0) return;
    // A machine whose request is gone is ready for the next one; here it would be in the way of the clock.
    const free = (await daemon.list(['list'], signal)).filter(({ state }) => state === 'ready');
    for (const { id } of free) await daemon.nodepool(['delete', id], { signal, seconds: 60 });
    if (performance.now() > until) throw new Error(`still there after ${PATIENCE.rest} s: ${left.join(', ')}`);
    await pause(500, undefined, { signal });
  }
}

/** Machines and disks of the host, and nodes that Nodepool remembers. */
async function remains({ daemon, libvirt, signal }) {
  const nodes = await daemon.list(['list'], signal);
  return [...(await libvirt.leftovers()), ...nodes.map(({ id }) => `node ${id}`)];
}

function unlessAborted(promise, signal) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
