import { NODES } from '../../domain/presentation/listings.js';
import type { NodeOutcome, Outcome } from '../../ports/administration/commands.js';
import { followBuild, followDeletion } from './follow-order.js';
import { readImageData, writeImageData } from './image-data-file.js';
import { printList } from './list-output.js';
import type { Subcommand, SubcommandContext } from './subcommand.js';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export const buildImage: Subcommand = {
  mirrors: [],
  followedIn: ['images', 'builders'],
  async run(context) {
    const image = context.value('image');
    if (context.given('--wait')) await followBuild(context, image);
    else await context.commands.images.build(image);
  },
};

export const deleteNode: Subcommand = {
  mirrors: [],
  followedIn: ['nodes'],
  async run(context) {
    const id = context.value('id');
    const outcome = await context.commands.nodes.delete(id, { now: context.given('--now') }, context.signal);
    printNode(context, outcome);
    if (outcome.kind === 'done' && context.given('--wait')) await followDeletion(context, id);
  },
};

export const deleteRequest: Subcommand = {
  mirrors: [],
  async run(context) {
    printRefusal(context, await context.commands.requests.delete(context.value('id')));
  },
};

export const holdNode: Subcommand = {
  mirrors: [],
  async run(context) {
    const reason = context.optional('--reason');
    const options = reason === undefined ? {} : { reason };
    printNode(context, await context.commands.nodes.hold(context.value('id'), options, context.signal));
  },
};

export const deleteUpload: Subcommand = {
  mirrors: [],
  async run(context) {
    const outcome = await context.commands.images.deleteUpload({
      image: context.value('--image'),
      build: context.value('--build-id'),
      provider: context.value('--provider'),
      upload: context.value('--upload-id'),
    });
    printRefusal(context, outcome);
  },
};

export const deleteBuild: Subcommand = {
  mirrors: [],
  async run(context) {
    printRefusal(context, await context.commands.images.deleteBuild(context.value('id')));
  },
};

export const pauseImage: Subcommand = {
  mirrors: ['images'],
  run: ({ commands, value }) => commands.images.pause(value('image')),
};

export const unpauseImage: Subcommand = {
  mirrors: ['images'],
  run: ({ commands, value }) => commands.images.unpause(value('image')),
};

export const eraseProvider: Subcommand = {
  mirrors: ['nodes', 'images'],
  async run(context) {
    const provider = context.value('provider');
    if (!context.given('--force') && !(await confirmed(context, provider))) {
      context.print('Aborting. No data erased.');
      return;
    }
    context.print(`Erasing build data for ${provider}...`);
    await context.commands.data.eraseUploads(provider);
    context.print(`Erasing node data for ${provider}...`);
    await context.commands.data.eraseNodes(provider);
  },
};

export const exportImages: Subcommand = {
  mirrors: [],
  async run({ commands, value }) {
    await writeImageData(value('path'), await commands.data.exportImages());
  },
};

export const importImages: Subcommand = {
  mirrors: [],
  async run({ commands, value }) {
    await commands.data.importImages(await readImageData(value('path')));
  },
};

/** @throws when the input ends without an answer: a script forgot `--force` */
async function confirmed({ print, stdout, stdin }: SubcommandContext, provider: string): Promise<boolean> {
  print('');
  print('WARNING! This action is not reversible!');
  stdout.write(`Erase ZooKeeper data for provider ${provider}? [N/y] `);
  const answer = await readLine(stdin);
  if (answer === undefined) throw new Error('The input ended without an answer; nothing was erased');
  return answer.toLowerCase() === 'y';
}

function printNode(context: SubcommandContext, outcome: NodeOutcome): void {
  if (outcome.kind === 'refused') return printRefusal(context, outcome);
  printList(context, NODES, outcome.node === null ? [] : [outcome.node]);
}

/** On the standard output and without a failing exit status, as scripts expect (spec BUILDER 3.1). */
function printRefusal({ print }: SubcommandContext, outcome: Outcome | NodeOutcome): void {
  if (outcome.kind === 'refused') print(outcome.message);
}

/** The next line of the input without its end, or undefined at the end of the input. Leaves the input paused. */
async function readLine(input: Readable): Promise<string | undefined> {
  const lines = createInterface({ input });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
      input.once('error', reject);
    });
  } finally {
    lines.close();
  }
}
