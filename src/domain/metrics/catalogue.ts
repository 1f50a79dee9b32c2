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
  /** How Prometheus collects it; absent if another metric says the same. */
  readonly series?: MetricSeries;
}

/**
 * A metric as Prometheus knows it: the placeholders of the dotted name are labels, but for the host name, which a collector knows
 * as the instance. A histogram or summary counts as well: the counter of the same name has no series of its own.
 */
export interface MetricSeries {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
  /**
   * The emitter sends it again at least every minute while it is true. What is silent for longer belongs to something that is gone,
   * or is somebody else's to send now.
   */
  readonly renewed?: true;
}

const LAUNCH_TIMES = [1, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600];
const LEASE_TIMES = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400];
const WAITING_TIMES = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400];
const CALL_TIMES = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const IMAGE_TIMES = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800];

function timedIn(name: string, buckets?: readonly number[]): MetricSeries {
  return buckets ? { name, type: 'histogram', buckets } : { name, type: 'summary' };
}

function renewed(name: string): MetricSeries {
  return { name, type: 'gauge', renewed: true };
}

function kept(name: string): MetricSeries {
  return { name, type: 'gauge' };
}

const TIMED: readonly MetricKind[] = ['timer', 'counter'];
const COUNTED: readonly MetricKind[] = ['counter'];
const GAUGED: readonly MetricKind[] = ['gauge'];

const LAUNCHER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.launch.<result>',
    series: timedIn('nodepool_launch_duration_seconds', LAUNCH_TIMES),
    kinds: TIMED,
    meaning: 'Attempts to launch a node by result, `ready` or `error.<what>`.',
  },
  {
    name: 'nodepool.launch.provider.<provider>.<result>',
    series: timedIn('nodepool_provider_launch_duration_seconds', LAUNCH_TIMES),
    kinds: TIMED,
    meaning: 'The same by provider.',
  },
  {
    name: 'nodepool.launch.provider.<provider>.<az>.<result>',
    series: timedIn('nodepool_zone_launch_duration_seconds'),
    kinds: TIMED,
    meaning: 'The same by provider and availability zone, if the zone is known.',
  },
  {
    name: 'nodepool.launch.image.<image>.<result>',
    series: timedIn('nodepool_image_launch_duration_seconds'),
    kinds: TIMED,
    meaning: 'The same by disk image or cloud image.',
  },
  {
    name: 'nodepool.launch.requestor.<requestor>.<result>',
    series: timedIn('nodepool_requestor_launch_duration_seconds'),
    kinds: TIMED,
    meaning: 'The same by requestor; dots and colons in its name become underscores.',
  },
  {
    name: 'nodepool.label.<label>.time_to_fulfil',
    series: timedIn('nodepool_request_time_to_fulfil_seconds', LAUNCH_TIMES),
    kinds: ['timer'],
    meaning: 'From the creation of a request by its client until it is fulfilled, once for each of its labels.',
  },
  {
    name: 'nodepool.nodes.<state>',
    series: renewed('nodepool_nodes'),
    kinds: GAUGED,
    meaning: 'Nodes in a state; sent for every state.',
  },
  {
    name: 'nodepool.provider.<provider>.nodes.<state>',
    series: renewed('nodepool_provider_nodes'),
    kinds: GAUGED,
    meaning: 'Nodes of a provider in a state; sent for every registered provider and state.',
  },
  {
    name: 'nodepool.label.<label>.nodes.<state>',
    series: renewed('nodepool_label_nodes'),
    kinds: GAUGED,
    meaning: 'Nodes with a label in a state; a node counts for each of its labels.',
  },
  {
    name: 'nodepool.provider.<provider>.pool.<pool>.addressable_requests',
    series: renewed('nodepool_pool_addressable_requests'),
    kinds: GAUGED,
    meaning: 'Existing requests all of whose labels the pool has.',
  },
  {
    name: 'nodepool.provider.<provider>.pool.<pool>.waiting.<reason>',
    series: renewed('nodepool_pool_waiting_requests'),
    kinds: GAUGED,
    meaning:
      'Requests that wait in a pool, by the code of what they wait for, as the launcher sees it that says so; one that waits for several things counts for each.',
  },
  {
    name: 'nodepool.request.waited.<reason>',
    series: timedIn('nodepool_request_waited_seconds', WAITING_TIMES),
    kinds: ['timer'],
    meaning:
      'How long a reason, by its code, was what kept a request waiting in one pool; sent when it ceases to be, once for each pool that said so.',
  },
  {
    name: UNCLAIMED_REQUESTS,
    series: renewed('nodepool_unclaimed_requests'),
    kinds: GAUGED,
    meaning:
      'Requests fulfilled more than an hour ago of whose nodes nobody has taken any: their client may be gone for good.',
  },
  {
    name: 'nodepool.provider.<provider>.max_servers',
    series: renewed('nodepool_provider_max_servers'),
    kinds: GAUGED,
    meaning: 'Sum of max-servers over the pools of the provider; not sent if unlimited.',
  },
  {
    name: 'nodepool.provider.<provider>.out_of_service',
    series: renewed('nodepool_provider_out_of_service'),
    kinds: GAUGED,
    meaning:
      'Whether the launcher cannot use the provider (1) or can (0): its driver is missing, or it could not be started; the log and the explanations say why.',
  },
  {
    name: 'nodepool.provider.<provider>.held_creates.<cause>',
    series: renewed('nodepool_provider_held_creates'),
    kinds: GAUGED,
    meaning:
      'Is creating held back, and probed, after the cloud refused? capacity: the number of such zones; rate and silence: 1 or 0.',
  },
  {
    name: 'nodepool.tenant_limits.<tenant>.<resource>',
    series: renewed('nodepool_tenant_limit'),
    kinds: GAUGED,
    meaning: 'A configured limit of a tenant; dots and colons in its name become underscores.',
  },
  {
    name: 'nodepool.provider.<provider>.leaked.<kind>',
    series: { name: 'nodepool_provider_leaked_total', type: 'counter' },
    kinds: COUNTED,
    meaning: 'Leaked resources that were deleted: instances, images, ports, floatingips.',
  },
  {
    name: 'nodepool.provider.<provider>.downPorts',
    kinds: COUNTED,
    meaning: 'Unused ports that were deleted; the same as leaked.ports.',
  },
  {
    name: 'nodepool.lease.<outcome>',
    kinds: TIMED,
    meaning: 'Leases that have ended, by outcome; the timer says how long they were active.',
  },
  {
    name: 'nodepool.lease.holder.<holder>.<outcome>',
    series: timedIn('nodepool_lease_active_duration_seconds', LEASE_TIMES),
    kinds: TIMED,
    meaning: 'The same by holder; dots and colons in its name become underscores.',
  },
  {
    name: 'nodepool.lease.wait.<label>',
    kinds: ['timer'],
    meaning: 'From the creation of a lease until it is active, once for each of its labels.',
  },
  {
    name: 'nodepool.lease.holder.<holder>.wait.<label>',
    series: timedIn('nodepool_lease_wait_seconds', LAUNCH_TIMES),
    kinds: ['timer'],
    meaning: 'The same by holder.',
  },
  {
    name: 'nodepool.lease.image.<image>.<build>.<provider>.<upload>.<label>.<verdict>',
    series: { name: 'nodepool_lease_verdicts_total', type: 'counter' },
    kinds: COUNTED,
    meaning:
      'How holders fared with nodes made from an upload, as they say when they give them back: ok, failed, or broken.',
  },
  {
    name: 'nodepool.leases.<state>',
    kinds: GAUGED,
    meaning: 'Leases in a state: waiting, active, or ended and not forgotten yet.',
  },
  {
    name: 'nodepool.leases.holder.<holder>.<state>',
    series: renewed('nodepool_leases'),
    kinds: GAUGED,
    meaning: 'The same by holder.',
  },
  {
    name: 'nodepool.launcher.<hostname>.config_mistakes',
    series: renewed('nodepool_launcher_config_mistakes'),
    kinds: GAUGED,
    meaning:
      'Mistakes for which the changed configuration file cannot be used and the one before stays in force; 0 while all is well.',
  },
  {
    name: 'nodepool.launcher.<hostname>.zk.client.connection_queue',
    series: renewed('nodepool_zk_connection_queue'),
    kinds: GAUGED,
    meaning: 'Calls to ZooKeeper that wait for their answer.',
  },
  {
    name: 'nodepool.launcher.<hostname>.zk.<cache>_cache.<queue>_queue',
    series: renewed('nodepool_zk_cache_queue'),
    kinds: GAUGED,
    meaning: 'Changes that wait to be taken into the mirror of nodes, requests or images; queue is event or playback.',
  },
];

const DRIVER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.task.<provider>.<task>',
    series: timedIn('nodepool_cloud_call_duration_seconds', CALL_TIMES),
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
    series: { name: 'nodepool_driver_faults_total', type: 'counter' },
    kinds: COUNTED,
    meaning:
      'What a driver from outside did wrong: threw, hung, nonsense, blocked, flooded, listeners or stray; the log says more.',
  },
  {
    name: 'nodepool.driver.<provider>.blocked',
    series: timedIn('nodepool_driver_blocked_seconds'),
    kinds: ['timer'],
    meaning: 'How long a driver from outside held up the whole process.',
  },
];

const BUILDER: readonly Omit<MetricDescription, 'emitter'>[] = [
  {
    name: 'nodepool.dib_image_build.<image>.<format>.size',
    series: kept('nodepool_image_build_size_bytes'),
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
    series: kept('nodepool_image_build_exit_code'),
    kinds: GAUGED,
    meaning: 'Exit code of the last build: 1 after a time-out, negative if killed by a signal.',
  },
  {
    name: 'nodepool.dib_image_build.<image>.status.duration',
    series: timedIn('nodepool_image_build_duration_seconds', IMAGE_TIMES),
    kinds: ['timer'],
    meaning: 'Time the build took.',
  },
  {
    name: 'nodepool.dib_image_build.<image>.status.last_build',
    series: kept('nodepool_image_build_last_timestamp_seconds'),
    kinds: GAUGED,
    unit: 'seconds since the epoch',
    meaning: 'When the last build ended.',
  },
  {
    name: 'nodepool.image_update.<image>.<provider>',
    series: timedIn('nodepool_image_upload_duration_seconds', IMAGE_TIMES),
    kinds: TIMED,
    meaning: 'Successful uploads of an image to a provider; the time includes the post-upload hook.',
  },
  {
    name: 'nodepool.image_build_requests',
    series: renewed('nodepool_image_build_requests'),
    kinds: GAUGED,
    meaning: 'Builds that operators ordered and that have not begun.',
  },
  {
    name: 'nodepool.image.<image>.image_build_requests',
    series: renewed('nodepool_image_build_requested'),
    kinds: GAUGED,
    meaning: '1 if a build of the image was ordered and has not begun, else 0.',
  },
  {
    name: 'nodepool.builder.<hostname>.image.<image>.build.state',
    series: renewed('nodepool_image_build_state'),
    kinds: GAUGED,
    meaning: 'What this builder does with the image: 0 nothing, 1 building it, 3 paused.',
  },
  {
    name: 'nodepool.builder.<hostname>.image.<image>.provider.<provider>.upload.state',
    series: renewed('nodepool_image_upload_state'),
    kinds: GAUGED,
    meaning: 'What this builder does with the image for a provider: 0 nothing, 2 uploading it, 3 paused.',
  },
  {
    name: 'nodepool.builder.<hostname>.config_mistakes',
    series: renewed('nodepool_builder_config_mistakes'),
    kinds: GAUGED,
    meaning:
      'Mistakes for which the changed configuration file cannot be used and the one before stays in force; 0 while all is well.',
  },
  {
    name: 'nodepool.builder.<hostname>.current_builds',
    series: renewed('nodepool_builder_current_builds'),
    kinds: GAUGED,
    meaning: 'Builds under way on this builder.',
  },
  {
    name: 'nodepool.builder.<hostname>.current_uploads',
    series: renewed('nodepool_builder_current_uploads'),
    kinds: GAUGED,
    meaning: 'Uploads under way on this builder.',
  },
  {
    name: 'nodepool.builder.<hostname>.build_workers',
    series: renewed('nodepool_builder_build_workers'),
    kinds: GAUGED,
    meaning: 'Builds this builder may run at once.',
  },
  {
    name: 'nodepool.builder.<hostname>.upload_workers',
    series: renewed('nodepool_builder_upload_workers'),
    kinds: GAUGED,
    meaning: 'Uploads this builder may run at once.',
  },
];

export const METRICS: readonly MetricDescription[] = [
  ...LAUNCHER.map((metric) => ({ ...metric, emitter: 'launcher' as const })),
  ...DRIVER.map((metric) => ({ ...metric, emitter: 'driver' as const })),
  ...BUILDER.map((metric) => ({ ...metric, emitter: 'builder' as const })),
];
