import { ContainerModule } from 'inversify';
import { DiskImageBuilder } from '../../adapters/diskimage-builder/disk-image-builder.js';
import { FileLocalImages } from '../../adapters/diskimage-builder/file-local-images.js';
import { DirectorySink } from '../../adapters/fake-builder/file-sink.js';
import { FakeImageBuilder } from '../../adapters/fake-builder/fake-image-builder.js';
import { TOKENS } from './tokens.js';

/** Builds with diskimage-builder, or with `fake` by writing small files into the same places. */
export function imageBuildingModule(fake: boolean): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(TOKENS.localImages).toDynamicValue((context) => new FileLocalImages(context.get(TOKENS.random)));
    bind(TOKENS.imageBuilder).toDynamicValue((context) => {
      const clock = context.get(TOKENS.clock);
      if (fake) return new FakeImageBuilder(clock, new DirectorySink());
      return new DiskImageBuilder({
        processes: context.get(TOKENS.processes),
        clock,
        logger: context.get(TOKENS.logger).child('builder'),
        environment: context.get(TOKENS.environment),
      });
    });
  });
}
