/** What the container knows: one token per port or use case. */
import type { ServiceIdentifier } from 'inversify';
import type { LeaseManager } from '../../ports/coordination/lease.js';
import type { TreeStore } from '../../ports/coordination/tree-store.js';
import type { CloudDirectory } from '../../adapters/openstack/clouds/cloud-directory.js';
import type { DriverRegistry } from '../../ports/compute/driver.js';
import type { ImageBuilder } from '../../ports/image-building/image-builder.js';
import type { LocalImages } from '../../ports/image-building/local-images.js';
import type { Records } from '../../ports/records/records.js';
import type { Clock } from '../../ports/runtime/clock.js';
import type { ConfigSource } from '../../ports/runtime/config-source.js';
import type { HostIdentity } from '../../ports/runtime/host-identity.js';
import type { HostKeyScanner } from '../../ports/runtime/host-key-scan.js';
import type { ProcessRunner } from '../../ports/runtime/process-runner.js';
import type { Random } from '../../ports/runtime/random.js';
import type { DecisionJournal } from '../../ports/telemetry/journal.js';
import type { Logger } from '../../ports/telemetry/logger.js';
import type { StatusSource } from '../../ports/telemetry/status.js';
import type { Metrics, MetricsPage } from '../../ports/telemetry/metrics.js';
import type { Administration } from '../administration/administration.js';
import type { Builder } from '../builder/builder.js';
import type { Launcher } from '../launcher/launcher.js';
import type { ApiListener } from '../../adapters/http/api/api-listener.js';
import type { Desk, DeskServices } from '../leases/desk.js';
import type { LeaseGateway } from '../leases/lease-gateway.js';
import type { WebServer } from '../../adapters/http/web-server.js';
import type { DurableTree } from '../../adapters/memory/durable/durable-tree.js';
import type { ApiRoutes } from '../../adapters/http/api/api-routes.js';
import type { OwnedProviders } from './owned-providers.js';

function token<T>(name: string): ServiceIdentifier<T> {
  return Symbol.for(`nodepool.${name}`);
}

export const TOKENS = {
  environment: token<Readonly<Record<string, string>>>('environment'),
  version: token<string>('version'),
  clock: token<Clock>('clock'),
  random: token<Random>('random'),
  host: token<HostIdentity>('host'),
  processes: token<ProcessRunner>('processes'),
  scanner: token<HostKeyScanner>('scanner'),
  logger: token<Logger>('logger'),
  metrics: token<Metrics>('metrics'),
  metricsPage: token<MetricsPage>('metrics-page'),
  journal: token<DecisionJournal>('journal'),
  config: token<ConfigSource>('config'),
  store: token<TreeStore>('store'),
  durableTree: token<DurableTree>('durable-tree'),
  leases: token<LeaseManager>('leases'),
  leaseStatus: token<StatusSource>('lease-status'),
  records: token<Records>('records'),
  clouds: token<CloudDirectory>('clouds'),
  drivers: token<DriverRegistry>('drivers'),
  providers: token<OwnedProviders>('providers'),
  imageBuilder: token<ImageBuilder>('image-builder'),
  localImages: token<LocalImages>('local-images'),
  launcher: token<Launcher>('launcher'),
  builder: token<Builder>('builder'),
  /** What the API serves beside leases: the operators' commands. */
  adminRoutes: token<readonly ApiRoutes[]>('admin-routes'),
  administration: token<Administration>('administration'),
  web: token<WebServer>('web'),
  leaseServices: token<DeskServices>('lease-services'),
  leaseGateway: token<LeaseGateway>('lease-gateway'),
  leaseDesk: token<Desk>('lease-desk'),
  api: token<ApiListener>('api'),
  builderWeb: token<WebServer>('builder-web'),
} as const;
