import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as builder from '../../../src/domain/metrics/builder-metrics.js';
import { METRICS } from '../../../src/domain/metrics/catalogue.js';
import * as driver from '../../../src/domain/metrics/driver-metrics.js';
import { describeMetric } from '../../../src/domain/metrics/locate-metric.js';
import * as lease from '../../../src/domain/metrics/lease-metrics.js';
import * as launcher from '../../../src/domain/metrics/launcher-metrics.js';
import { safePart } from '../../../src/domain/metrics/name-part.js';
import * as tasks from '../../../src/domain/metrics/task-metrics.js';
import { NODE_STATES } from '../../../src/domain/model/node.js';

describe('names of launch metrics', () => {
  it('cover result, provider, zone, image and requestor', () => {
    const facts = { result: 'ready', provider: 'p1', az: 'az1', image: 'debian', requestor: 'NodePool:min-ready' };
    expect(launcher.launchNames(facts)).toEqual([
      'nodepool.launch.ready',
      'nodepool.launch.provider.p1.ready',
      'nodepool.launch.provider.p1.az1.ready',
      'nodepool.launch.image.debian.ready',
      'nodepool.launch.requestor.NodePool_min-ready.ready',
    ]);
  });

  it('leave out what is not known', () => {
    const facts = { result: 'error.quota', provider: 'p1', az: null, image: null, requestor: null };
    expect(launcher.launchNames(facts)).toEqual([
      'nodepool.launch.error.quota',
      'nodepool.launch.provider.p1.error.quota',
    ]);
  });

  it('[LAUNCHER 131] make one level of a requestor or tenant, whatever its name', () => {
    expect(launcher.launchByRequestor('zuul.site:a', 'ready')).toBe('nodepool.launch.requestor.zuul_site_a.ready');
    expect(launcher.tenantLimit('a.b:c', 'cores')).toBe('nodepool.tenant_limits.a_b_c.cores');
    fc.assert(
      fc.property(fc.string(), (name) => !/[.:]/.test(safePart(name)) && safePart(name).length === name.length),
    );
  });
});

describe('names of tasks', () => {
  it('[LAUNCHER 132] are CamelCase of the call', () => {
    expect(tasks.taskName('compute.GET.servers')).toBe('ComputeGetServers');
    expect(tasks.taskName('compute.POST.os-volumes_boot')).toBe('ComputePostOsVolumesBoot');
    expect(tasks.task('p1', 'network.GET.floatingips')).toBe('nodepool.task.p1.NetworkGetFloatingips');
    expect(tasks.sdkTask(tasks.DEFAULT_SDK_PREFIX, 'compute.GET.servers')).toBe('openstack.api.compute.GET.servers');
  });
});

const LEASE_ENDS = ['nodepool.lease.<outcome>', 'nodepool.lease.holder.<holder>.<outcome>'];
const LEASE_WAITS = ['nodepool.lease.wait.<label>', 'nodepool.lease.holder.<holder>.wait.<label>'];

describe('the catalogue', () => {
  const made: readonly (readonly [name: string, described: string])[] = [
    [launcher.launch('error.unknown'), 'nodepool.launch.<result>'],
    [launcher.launchByProvider('p', 'ready'), 'nodepool.launch.provider.<provider>.<result>'],
    [launcher.launchByZone('p', 'az', 'ready'), 'nodepool.launch.provider.<provider>.<az>.<result>'],
    [launcher.launchByImage('i', 'ready'), 'nodepool.launch.image.<image>.<result>'],
    [launcher.launchByRequestor('r', 'ready'), 'nodepool.launch.requestor.<requestor>.<result>'],
    [launcher.nodes('in-use'), 'nodepool.nodes.<state>'],
    [launcher.providerNodes('p', 'ready'), 'nodepool.provider.<provider>.nodes.<state>'],
    [launcher.labelNodes('l', 'ready'), 'nodepool.label.<label>.nodes.<state>'],
    [launcher.timeToFulfil('l'), 'nodepool.label.<label>.time_to_fulfil'],
    [launcher.addressableRequests('p', 'm'), 'nodepool.provider.<provider>.pool.<pool>.addressable_requests'],
    [launcher.outOfService('p'), 'nodepool.provider.<provider>.out_of_service'],
    [launcher.waitingRequests('p', 'main', 'QUOTA_POOL'), 'nodepool.provider.<provider>.pool.<pool>.waiting.<reason>'],
    [launcher.waitedFor('QUOTA_POOL'), 'nodepool.request.waited.<reason>'],
    [launcher.heldCreates('p', 'rate'), 'nodepool.provider.<provider>.held_creates.<cause>'],
    [launcher.maxServers('p'), 'nodepool.provider.<provider>.max_servers'],
    [launcher.UNCLAIMED_REQUESTS, 'nodepool.unclaimed_requests'],
    [launcher.tenantLimit('t', 'cores'), 'nodepool.tenant_limits.<tenant>.<resource>'],
    [launcher.leaked('p', 'instances'), 'nodepool.provider.<provider>.leaked.<kind>'],
    [launcher.leakedInstances('p'), 'nodepool.provider.<provider>.leaked.<kind>'],
    [launcher.downPorts('p'), 'nodepool.provider.<provider>.downPorts'],
    [launcher.launcherConfigMistakes('h'), 'nodepool.launcher.<hostname>.config_mistakes'],
    [launcher.storeQueue('h'), 'nodepool.launcher.<hostname>.zk.client.connection_queue'],
    [launcher.cacheQueue('h', 'node', 'event'), 'nodepool.launcher.<hostname>.zk.<cache>_cache.<queue>_queue'],
    ...lease
      .leaseEndMetrics({ holder: 'h.x', outcome: 'released' })
      .map((name, index) => [name, LEASE_ENDS[index] ?? ''] as const),
    ...lease
      .leaseWaitMetrics({ holder: 'h', labels: ['l'] })
      .map((name, index) => [name, LEASE_WAITS[index] ?? ''] as const),
    [lease.leasesInState('active'), 'nodepool.leases.<state>'],
    [lease.holderLeases('h', 'waiting'), 'nodepool.leases.holder.<holder>.<state>'],
    [
      lease.leaseFaredMetric({ verdict: 'ok' }, { label: 'l', imageId: '/n/images/i/builds/b/providers/p/images/1' }) ??
        '',
      'nodepool.lease.image.<image>.<build>.<provider>.<upload>.<label>.<verdict>',
    ],
    [tasks.task('p', 'compute.GET.servers'), 'nodepool.task.<provider>.<task>'],
    [tasks.sdkTask('openstack.api', 'compute.GET.servers'), '<prefix>.<service>.<method>.<path>'],
    [driver.driverFault('p', 'hung'), 'nodepool.driver.<provider>.fault.<fault>'],
    [driver.driverBlocked('p'), 'nodepool.driver.<provider>.blocked'],
    [builder.imageSize('i', 'qcow2'), 'nodepool.dib_image_build.<image>.<format>.size'],
    [builder.buildReturnCode('i', 'raw'), 'nodepool.dib_image_build.<image>.<format>.rc'],
    [builder.buildDuration('i', 'raw'), 'nodepool.dib_image_build.<image>.<format>.duration'],
    [builder.buildStatusReturnCode('i'), 'nodepool.dib_image_build.<image>.status.rc'],
    [builder.buildStatusDuration('i'), 'nodepool.dib_image_build.<image>.status.duration'],
    [builder.lastBuild('i'), 'nodepool.dib_image_build.<image>.status.last_build'],
    [builder.imageUpdate('i', 'p'), 'nodepool.image_update.<image>.<provider>'],
    [builder.BUILD_REQUESTS, 'nodepool.image_build_requests'],
    [builder.imageBuildRequests('i'), 'nodepool.image.<image>.image_build_requests'],
    [builder.buildState('h', 'i'), 'nodepool.builder.<hostname>.image.<image>.build.state'],
    [builder.uploadState('h', 'i', 'p'), 'nodepool.builder.<hostname>.image.<image>.provider.<provider>.upload.state'],
    [builder.builderConfigMistakes('h'), 'nodepool.builder.<hostname>.config_mistakes'],
    [builder.builderLoad('h', 'current_builds'), 'nodepool.builder.<hostname>.current_builds'],
    [builder.builderLoad('h', 'current_uploads'), 'nodepool.builder.<hostname>.current_uploads'],
    [builder.builderLoad('h', 'build_workers'), 'nodepool.builder.<hostname>.build_workers'],
    [builder.builderLoad('h', 'upload_workers'), 'nodepool.builder.<hostname>.upload_workers'],
  ];

  it('describes every name that is made, and nothing else', () => {
    for (const [name, described] of made) expect([name, describeMetric(name)?.name]).toEqual([name, described]);
    expect(new Set(METRICS.map((metric) => metric.name))).toEqual(new Set(made.map(([, described]) => described)));
  });

  it('knows names with dots in them, and not those of others', () => {
    expect(describeMetric(builder.imageSize('debian.12', 'qcow2'))?.unit).toBe('bytes');
    for (const state of NODE_STATES) expect(describeMetric(launcher.nodes(state))?.kinds).toEqual(['gauge']);
    expect(describeMetric('something')).toBeUndefined();
  });
});
