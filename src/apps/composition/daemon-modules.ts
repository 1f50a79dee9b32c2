import { ContainerModule, type ResolutionContext } from 'inversify';
import { HttpLauncherOpinions } from '../../adapters/http-client/http-launcher-opinions.js';
import { WebServer } from '../../adapters/http/web-server.js';
import { Administration } from '../administration/administration.js';
import { imagesOnly } from '../administration/images-only.js';
import { isCurrent, LiveSummary } from '../administration/live/live-summary.js';
import { RecordExplanations } from '../administration/record-explanations.js';
import { RecordQueries } from '../administration/record-queries.js';
import { Builder } from '../builder/builder.js';
import type { BuilderOptions, BuilderServices } from '../builder/services.js';
import type { LauncherIntervals, LauncherServices } from '../launcher/services.js';
import { ProviderManager } from '../providers/provider-manager.js';
import { bindLauncher, PARTS } from './launcher-module.js';
import { TOKENS } from './tokens.js';

export function launcherModule(intervals: LauncherIntervals): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bindLauncher(bind);
    bind(PARTS.services).toDynamicValue((context) => launcherServices(context, intervals));
    bind(TOKENS.web).toDynamicValue(launcherWeb);
  });
}

function launcherServices(context: ResolutionContext, intervals: LauncherIntervals): LauncherServices {
  const clock = context.get(TOKENS.clock);
  const random = context.get(TOKENS.random);
  const logger = context.get(TOKENS.logger);
  const metrics = context.get(TOKENS.metrics);
  const records = context.get(TOKENS.records);
  const installation = (): string | null => records.installation.id;
  return {
    records,
    config: context.get(TOKENS.config),
    providers: new ProviderManager({
      drivers: context.get(TOKENS.drivers),
      context: { clock, random, metrics, logger: logger.child('provider'), installation },
    }),
    clock,
    random,
    host: context.get(TOKENS.host),
    scanner: context.get(TOKENS.scanner),
    logger: logger.child('launcher'),
    metrics,
    journal: context.get(TOKENS.journal),
    intervals,
    version: context.get(TOKENS.version),
  };
}

function launcherWeb(context: ResolutionContext): WebServer {
  const launcher = context.get(TOKENS.launcher);
  const records = context.get(TOKENS.records);
  const source = context.get(TOKENS.config);
  const facts = {
    records,
    config: () => source.current,
    mistakes: () => source.mistakes,
    journal: context.get(TOKENS.journal),
    clock: context.get(TOKENS.clock),
  };
  return new WebServer({
    queries: new RecordQueries(records),
    explanations: new RecordExplanations({ ...facts, insights: launcher.insights }),
    live: new LiveSummary(facts),
    metrics: context.get(TOKENS.metricsPage),
    ready: () => launcher.ready,
    mistakes: () => source.mistakes.length,
    current: () => isCurrent(records),
    clock: facts.clock,
    logger: context.get(TOKENS.logger).child('web'),
  });
}

export function builderModule(options: BuilderOptions): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.builderWeb).toDynamicValue(builderWeb);
    bind(TOKENS.builder).toDynamicValue((context) => new Builder(builderServices(context), options));
  });
}

function builderWeb(context: ResolutionContext): WebServer {
  const source = context.get(TOKENS.config);
  const facts = {
    records: context.get(TOKENS.records),
    config: () => source.current,
    journal: context.get(TOKENS.journal),
    clock: context.get(TOKENS.clock),
  };
  return new WebServer({
    explanations: imagesOnly(new RecordExplanations(facts)),
    metrics: context.get(TOKENS.metricsPage),
    mistakes: () => source.mistakes.length,
    ready: () => facts.records.session.state === 'connected',
    clock: facts.clock,
    logger: context.get(TOKENS.logger).child('web'),
  });
}

function builderServices(context: ResolutionContext): BuilderServices {
  return {
    records: context.get(TOKENS.records),
    config: context.get(TOKENS.config),
    drivers: context.get(TOKENS.drivers),
    imageBuilder: context.get(TOKENS.imageBuilder),
    localImages: context.get(TOKENS.localImages),
    processes: context.get(TOKENS.processes),
    environment: context.get(TOKENS.environment),
    clock: context.get(TOKENS.clock),
    random: context.get(TOKENS.random),
    host: context.get(TOKENS.host),
    metrics: context.get(TOKENS.metrics),
    logger: context.get(TOKENS.logger).child('builder'),
    journal: context.get(TOKENS.journal),
    version: context.get(TOKENS.version),
  };
}

export function administrationModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.administration).toDynamicValue((context) => {
      const source = context.get(TOKENS.config);
      const providers = context.get(TOKENS.providers);
      return new Administration({
        records: context.get(TOKENS.records),
        store: context.get(TOKENS.store),
        config: () => source.current,
        provider: (name) => providers.get(source.current, name),
        opinions: new HttpLauncherOpinions(),
        clock: context.get(TOKENS.clock),
        logger: context.get(TOKENS.logger).child('administration'),
      });
    });
  });
}
