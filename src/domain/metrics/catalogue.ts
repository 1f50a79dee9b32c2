/** All metrics, for documentation and for adapters that have to know them beforehand. */
import { UNCLAIMED_REQUESTS } from './launcher-metrics.js';

export type MetricKind = 'counter' | 'gauge' | 'timer';

export interface MetricDescription {
  /** The name with placeholders in angle brackets. */
  readonly name: string;
  readonly kinds: readonly MetricKind[];
  readonly emitter: 'launcher' | 'builder' | 'driver';
  readonly unit?: string;
  /** One sentence for people. */
  readonly meaning: string;
}

const TIMED: readonly MetricKind[] = ['timer', 'counter'];
const COUNTED: readonly MetricKind[] = ['counter'];
const GAUGED: readonly MetricKind[] = ['gauge'];

const LAUNCHER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.launch.<result>',
    kinds: TIMED,
    meaning: 'Attempts to launch a node by result, `ready` or `error.<what>`.',
  },
  { name: 'nodepool.launch.provider.<provider>.<result>', kinds: TIMED, meaning: 'The same by provider.' },
  {
    name: 'nodepool.launch.provider.<provider>.<az>.<result>',
    kinds: TIMED,
    meaning: 'The same by provider and availability zone, if the zone is known.',
  },
  {
    name: 'nodepool.launch.image.<image>.<result>',
    kinds: TIMED,
    meaning: 'The same by disk image or cloud image.',
  },
  {
    name: 'nodepool.launch.requestor.<requestor>.<result>',
    kinds: TIMED,
    meaning: 'The same by requestor; dots and colons in its name become underscores.',
  },
  { name: 'nodepool.nodes.<state>', kinds: GAUGED, meaning: 'Nodes in a state; sent for every state.' },
  {
    name: 'nodepool.provider.<provider>.nodes.<state>',
    kinds: GAUGED,
    meaning: 'Nodes of a provider in a state; sent for every registered provider and state.',
  },
  {
    name: 'nodepool.label.<label>.nodes.<state>',
    kinds: GAUGED,
    meaning: 'Nodes with a label in a state; a node counts for each of its labels.',
  },
  {
    name: 'nodepool.provider.<provider>.pool.<pool>.addressable_requests',
    kinds: GAUGED,
    meaning: 'Existing requests all of whose labels the pool has.',
  },
  {
    name: UNCLAIMED_REQUESTS,
    kinds: GAUGED,
    meaning:
      'Requests fulfilled more than an hour ago of whose nodes nobody has taken any: their client may be gone for good.',
  },
  {
    name: 'nodepool.provider.<provider>.max_servers',
    kinds: GAUGED,
    meaning: 'Sum of max-servers over the pools of the provider; not sent if unlimited.',
  },
  {
    name: 'nodepool.provider.<provider>.held_creates.<cause>',
    kinds: GAUGED,
    meaning:
      'Is creating held back, and probed, after the cloud refused? capacity: the number of such zones; rate and silence: 1 or 0.',
  },
  {
    name: 'nodepool.tenant_limits.<tenant>.<resource>',
    kinds: GAUGED,
    meaning: 'A configured limit of a tenant; dots and colons in its name become underscores.',
  },
  {
    name: 'nodepool.provider.<provider>.leaked.<kind>',
    kinds: COUNTED,
    meaning: 'Leaked resources that were deleted: instances, images, ports, floatingips.',
  },
  {
    name: 'nodepool.provider.<provider>.downPorts',
    kinds: COUNTED,
    meaning: 'Unused ports that were deleted; the same as leaked.ports.',
  },
  {
    name: 'nodepool.launcher.<hostname>.zk.client.connection_queue',
    kinds: GAUGED,
    meaning: 'Calls to ZooKeeper that wait for their answer.',
  },
  {
    name: 'nodepool.launcher.<hostname>.zk.<cache>_cache.<queue>_queue',
    kinds: GAUGED,
    meaning: 'Changes that wait to be taken into the mirror of nodes, requests or images; queue is event or playback.',
  },
];

const DRIVER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.task.<provider>.<task>',
    kinds: TIMED,
    meaning: 'Calls to the API of a cloud; the task is service, method and path in CamelCase.',
  },
  {
    name: '<prefix>.<service>.<method>.<path>',
    kinds: TIMED,
    meaning: 'The same in the manner of the OpenStack SDK, if switched on; the prefix is openstack.api by default.',
  },
  {
    name: 'nodepool.driver.<provider>.fault.<fault>',
    kinds: COUNTED,
    meaning:
      'What a driver from outside did wrong: threw, hung, nonsense, blocked, flooded, listeners or stray; the log says more.',
  },
  {
    name: 'nodepool.driver.<provider>.blocked',
    kinds: ['timer'],
    meaning: 'How long a driver from outside held up the whole process.',
  },
];

const BUILDER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.dib_image_build.<image>.<format>.size',
    kinds: GAUGED,
    unit: 'bytes',
    meaning: 'Room on disk of an image file after a successful build.',
  },
  {
    name: 'nodepool.dib_image_build.<image>.<format>.rc',
    kinds: GAUGED,
    meaning: 'Exit code of the last build, once per format.',
  },
  {
    name: 'nodepool.dib_image_build.<image>.<format>.duration',
    kinds: ['timer'],
    meaning: 'Time the build took, once per format.',
  },
  {
    name: 'nodepool.dib_image_build.<image>.status.rc',
    kinds: GAUGED,
    meaning: 'Exit code of the last build: 1 after a time-out, negative if killed by a signal.',
  },
  { name: 'nodepool.dib_image_build.<image>.status.duration', kinds: ['timer'], meaning: 'Time the build took.' },
  {
    name: 'nodepool.dib_image_build.<image>.status.last_build',
    kinds: GAUGED,
    unit: 'seconds since the epoch',
    meaning: 'When the last build ended.',
  },
  {
    name: 'nodepool.image_update.<image>.<provider>',
    kinds: TIMED,
    meaning: 'Successful uploads of an image to a provider; the time includes the post-upload hook.',
  },
  {
    name: 'nodepool.image_build_requests',
    kinds: GAUGED,
    meaning: 'Builds that operators ordered and that have not begun.',
  },
  {
    name: 'nodepool.image.<image>.image_build_requests',
    kinds: GAUGED,
    meaning: '1 if a build of the image was ordered and has not begun, else 0.',
  },
  {
    name: 'nodepool.builder.<hostname>.image.<image>.build.state',
    kinds: GAUGED,
    meaning: 'What this builder does with the image: 0 nothing, 1 building it, 3 paused.',
  },
  {
    name: 'nodepool.builder.<hostname>.image.<image>.provider.<provider>.upload.state',
    kinds: GAUGED,
    meaning: 'What this builder does with the image for a provider: 0 nothing, 2 uploading it, 3 paused.',
  },
  { name: 'nodepool.builder.<hostname>.current_builds', kinds: GAUGED, meaning: 'Builds under way on this builder.' },
  { name: 'nodepool.builder.<hostname>.current_uploads', kinds: GAUGED, meaning: 'Uploads under way on this builder.' },
  { name: 'nodepool.builder.<hostname>.build_workers', kinds: GAUGED, meaning: 'Builds this builder may run at once.' },
  {
    name: 'nodepool.builder.<hostname>.upload_workers',
    kinds: GAUGED,
    meaning: 'Uploads this builder may run at once.',
  },
];

export const METRICS: readonly MetricDescription[] = [
  ...LAUNCHER.map((metric) => ({ ...metric, emitter: 'launcher' as const })),
  ...DRIVER.map((metric) => ({ ...metric, emitter: 'driver' as const })),
  ...BUILDER.map((metric) => ({ ...metric, emitter: 'builder' as const })),
];

/** The description of a metric by its complete name; the most specific one if several fit. */
export function describeMetric(name: string): MetricDescription | undefined {
  return METRICS.filter((metric) => patternOf(metric).test(name)).sort((a, b) => fixedLength(b) - fixedLength(a))[0];
}

/** Image, provider and host names may have dots in them. */
function patternOf(metric: MetricDescription): RegExp {
  const escaped = metric.name.replace(/[.]/g, '\\.');
  return new RegExp(`^${escaped.replace(/<[^>]+>/g, '.+')}$`);
}

function fixedLength(metric: MetricDescription): number {
  return metric.name.replace(/<[^>]+>/g, '').length;
}
