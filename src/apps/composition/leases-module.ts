import { createHash } from 'node:crypto';
import { ContainerModule, type ResolutionContext } from 'inversify';
import { ApiListener } from '../../adapters/http/api/api-listener.js';
import { LeaseRoutes } from '../../adapters/http/api/leases/lease-routes.js';
import { HttpLauncherOpinions } from '../../adapters/http-client/http-launcher-opinions.js';
import { SshKeyInstaller } from '../../adapters/ssh/ssh-key-installer.js';
import { RecordExplanations } from '../administration/record-explanations.js';
import { Desk, type DeskServices } from '../leases/desk.js';
import { LeaseGateway } from '../leases/lease-gateway.js';
import { requestConditions } from '../leases/request-conditions.js';
import { PARTS } from './launcher-module.js';
import { TOKENS } from './tokens.js';

/** The gateway of leases in a launcher, and the listener that serves it, and the operators' commands (`adminModule`). */
export function leasesModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.leaseServices).toDynamicValue(deskServices);
    bind(TOKENS.leaseGateway).toDynamicValue((context) => new LeaseGateway(context.get(TOKENS.leaseServices)));
    bind(TOKENS.leaseDesk).toDynamicValue(
      (context) => new Desk(context.get(TOKENS.leaseServices), context.get(TOKENS.leaseGateway)),
    );
    bind(TOKENS.api).toDynamicValue(apiListener);
  });
}

function deskServices(context: ResolutionContext): DeskServices {
  const records = context.get(TOKENS.records);
  const config = context.get(TOKENS.config);
  const clock = context.get(TOKENS.clock);
  const journal = context.get(TOKENS.journal);
  const explanations = new RecordExplanations({ records, config: () => config.current, journal, clock });
  const sources = {
    explanations,
    launchers: records.launchers.view,
    opinions: new HttpLauncherOpinions(),
    config: () => config.current,
    hostname: context.get(TOKENS.host).hostname,
  };
  return {
    records,
    config,
    clock,
    random: context.get(TOKENS.random),
    logger: context.get(TOKENS.logger).child('leases'),
    metrics: context.get(TOKENS.metrics),
    keys: new SshKeyInstaller(),
    room: (provider, pool, label) => context.get(PARTS.room).of(provider, pool, label),
    conditions: (request) => requestConditions(sources, request),
    digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 32),
  };
}

function apiListener(context: ResolutionContext): ApiListener {
  const source = context.get(TOKENS.config);
  return new ApiListener({
    routes: [
      new LeaseRoutes(context.get(TOKENS.leaseDesk), context.get(TOKENS.clock)),
      ...context.get(TOKENS.adminRoutes),
    ],
    tokens: () => source.current.leaseTokens ?? [],
    logger: context.get(TOKENS.logger).child('api'),
  });
}
