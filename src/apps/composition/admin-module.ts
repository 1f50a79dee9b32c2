import { ContainerModule } from 'inversify';
import { AdminRoutes } from '../../adapters/http/api/admin/admin-routes.js';
import type { AdministrationPort } from '../../ports/administration/operations.js';
import { administrationModule } from './daemon-modules.js';
import { leasesModule } from './leases-module.js';
import { TOKENS } from './tokens.js';

/** What the API of a daemon is made of: leases and the operators' commands. */
export function apiModules(): readonly ContainerModule[] {
  return [administrationModule(), adminModule(), leasesModule()];
}

/** The operators' commands for the API of a daemon; `administrationModule` is to be there as well. */
function adminModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.adminRoutes).toDynamicValue((context) => {
      const records = context.get(TOKENS.records);
      const store = context.get(TOKENS.store);
      const durable = context.get(TOKENS.durableTree, { optional: true }) ?? null;
      const { queries, aliens, commands, inquiries, progress } = context.get(TOKENS.administration);
      const contents = durable && { read: (whole: boolean) => durable.contents(whole) };
      const administration = async (): Promise<AdministrationPort> => {
        await records.open(['nodes', 'requests', 'images', 'launchers', 'builders']);
        // What was changed before arrives before the answers to later questions.
        await store.stat('/');
        await store.stat('/');
        return { queries, aliens, commands, inquiries, progress, contents };
      };
      return [
        new AdminRoutes({
          administration,
          clock: context.get(TOKENS.clock),
          logger: context.get(TOKENS.logger).child('admin'),
        }),
      ];
    });
  });
}
