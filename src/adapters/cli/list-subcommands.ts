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
import { listingJson, listingTable } from '../../domain/presentation/listing.js';
import { pythonJson } from '../../domain/presentation/python-json.js';
import { formatOf, printList } from './list-output.js';
import type { Subcommand, SubcommandContext } from './subcommand.js';

export const listNodes: Subcommand = {
  mirrors: ['nodes'],
  run(context) {
    const usual = context.given('--detail') ? NODE_DETAILS : NODES;
    printList(context, usual, context.queries.nodes(), NODE_DETAILS);
    reportDamaged(context);
  },
};

export const listUploads: Subcommand = {
  mirrors: ['images'],
  run(context) {
    printList(context, UPLOADS, context.queries.uploads());
    reportDamaged(context);
  },
};

export const listBuilds: Subcommand = {
  mirrors: ['images'],
  run(context) {
    printList(context, BUILDS, context.queries.builds());
    reportDamaged(context);
  },
};

export const listRequests: Subcommand = {
  mirrors: ['requests'],
  run(context) {
    printList(context, REQUESTS, context.queries.requests());
    reportDamaged(context);
  },
};

export const listImageStatus: Subcommand = {
  mirrors: ['images', 'builders'],
  run(context) {
    const { queries, now, stderr } = context;
    const problems = queries.imageProblems();
    if (!context.given('--detail')) {
      printList(context, IMAGE_STATUS, queries.imageStatus());
      if (problems.length > 0) {
        stderr.write(`Problems of builders: ${problems.length}; image-status --detail shows them\n`);
      }
      return;
    }
    if (formatOf(context) === 'csv') throw new TwoListsError('image-status --detail');
    if (formatOf(context) === 'json') {
      const lists = { images: listingJson(IMAGE_STATUS, queries.imageStatus(), now) };
      context.print(jsonObject({ ...lists, problems: listingJson(IMAGE_PROBLEMS, problems, now) }));
      return;
    }
    printList(context, IMAGE_STATUS, queries.imageStatus());
    context.print('');
    context.print('Problems:');
    context.print(listingTable(IMAGE_PROBLEMS, problems, now));
  },
};

export const listAlienImages: Subcommand = {
  mirrors: ['images'],
  async run(context) {
    const images = await context.aliens.find(context.optional('provider'), context.signal);
    printList(context, ALIEN_IMAGES, images);
  },
};

export const showProvider: Subcommand = {
  mirrors: ['nodes', 'images'],
  run(context) {
    const { now } = context;
    const data = context.queries.providerData(context.value('provider'));
    if (formatOf(context) === 'json') {
      const images = listingJson(PROVIDER_IMAGES, data.images, now);
      const nodes = listingJson(PROVIDER_NODES, data.nodes, now);
      context.print(jsonObject({ provider: pythonJson(data.provider), images, nodes }));
      return;
    }
    context.print(`ZooKeeper data for provider ${data.provider}`);
    context.print('');
    context.print('Image data:');
    context.print(listingTable(PROVIDER_IMAGES, data.images, now));
    context.print('');
    context.print('Nodes:');
    context.print(listingTable(PROVIDER_NODES, data.nodes, now));
  },
};

/** Rows of two kinds cannot stand in one CSV file. */
class TwoListsError extends Error {
  readonly code = 'NP_TWO_LISTS';
  override readonly name = 'TwoListsError';
  constructor(command: string) {
    super(`${command} shows two lists, which one CSV file cannot hold; use --format json`);
  }
}

/** @param members JSON texts by their keys */
function jsonObject(members: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(members).map(([key, json]) => `${pythonJson(key)}: ${json}`);
  return `{${pairs.join(', ')}}`;
}

/** Beside the table, so that scripts which cut it apart are not confused. Contents are withheld: they may hold anything. */
function reportDamaged({ queries, stderr }: SubcommandContext): void {
  for (const { path, problem } of queries.damaged()) stderr.write(`Damaged record ${path}: ${problem}\n`);
}
