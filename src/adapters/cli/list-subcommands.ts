import {
  ALIEN_IMAGES,
  BUILDS,
  IMAGE_PROBLEMS,
  IMAGE_STATUS,
  NODE_DETAILS,
  NODES,
  PROVIDER_IMAGES,
  PROVIDER_NODES,
  REQUESTS,
  UPLOADS,
} from '../../domain/presentation/listings.js';
import { listingTable } from '../../domain/presentation/listing.js';
import type { Subcommand, SubcommandContext } from './subcommand.js';

export const listNodes: Subcommand = {
  mirrors: ['nodes'],
  run(context) {
    const listing = context.given('--detail') ? NODE_DETAILS : NODES;
    context.print(listingTable(listing, context.queries.nodes(), context.now));
    reportDamaged(context);
  },
};

export const listUploads: Subcommand = {
  mirrors: ['images'],
  run(context) {
    context.print(listingTable(UPLOADS, context.queries.uploads(), context.now));
    reportDamaged(context);
  },
};

export const listBuilds: Subcommand = {
  mirrors: ['images'],
  run(context) {
    context.print(listingTable(BUILDS, context.queries.builds(), context.now));
    reportDamaged(context);
  },
};

export const listRequests: Subcommand = {
  mirrors: ['requests'],
  run(context) {
    context.print(listingTable(REQUESTS, context.queries.requests(), context.now));
    reportDamaged(context);
  },
};

export const listImageStatus: Subcommand = {
  mirrors: ['images', 'builders'],
  run(context) {
    const { queries, now, stderr } = context;
    const problems = queries.imageProblems();
    context.print(listingTable(IMAGE_STATUS, queries.imageStatus(), now));
    if (context.given('--detail')) {
      context.print('');
      context.print('Problems:');
      context.print(listingTable(IMAGE_PROBLEMS, problems, now));
    } else if (problems.length > 0) {
      stderr.write(`Problems of builders: ${problems.length}; image-status --detail shows them\n`);
    }
  },
};

export const listAlienImages: Subcommand = {
  mirrors: ['images'],
  async run(context) {
    const images = await context.aliens.find(context.optional('provider'), context.signal);
    context.print(listingTable(ALIEN_IMAGES, images, context.now));
  },
};

export const showProvider: Subcommand = {
  mirrors: ['nodes', 'images'],
  run(context) {
    const data = context.queries.providerData(context.value('provider'));
    context.print(`ZooKeeper data for provider ${data.provider}`);
    context.print('');
    context.print('Image data:');
    context.print(listingTable(PROVIDER_IMAGES, data.images, context.now));
    context.print('');
    context.print('Nodes:');
    context.print(listingTable(PROVIDER_NODES, data.nodes, context.now));
  },
};

/** Beside the table, so that scripts which cut it apart are not confused. Contents are withheld: they may hold anything. */
function reportDamaged({ queries, stderr }: SubcommandContext): void {
  for (const { path, problem } of queries.damaged()) stderr.write(`Damaged record ${path}: ${problem}\n`);
}
