/**
 * The administration port as named operations with plain arguments and results, for adapters that carry it over a wire. What is not
 * here cannot be asked for from outside.
 */
import type { SubjectKind } from '../../domain/explain/explanation.js';
import type {
  BuildRow,
  ImageProblemRow,
  ImageStatusRow,
  LabelRow,
  NodeRow,
  RequestRow,
  UploadRow,
} from '../../domain/presentation/rows.js';
import type { DamagedRecord } from '../../domain/model/stored.js';
import type { UploadKey } from '../../domain/model/image.js';
import type { Commands, ImageData } from './commands.js';
import type { Inquiries } from './explanations.js';
import type { OrderProgress } from './order-progress.js';
import type { StoreContents } from './store-contents.js';
import type { AlienImages, Queries } from './queries.js';

/** Everything that operators may ask and order. */
export interface AdministrationPort {
  readonly queries: Queries;
  readonly aliens: AlienImages;
  readonly commands: Commands;
  readonly inquiries: Inquiries;
  readonly progress: OrderProgress;
  /** Null where the records are in ZooKeeper. */
  readonly contents: StoreContents | null;
}

/** All lists at one moment. */
export interface Lists {
  readonly nodes: readonly NodeRow[];
  readonly uploads: readonly UploadRow[];
  readonly builds: readonly BuildRow[];
  readonly requests: readonly RequestRow[];
  readonly labels: readonly LabelRow[];
  readonly imageStatus: readonly ImageStatusRow[];
  readonly imageProblems: readonly ImageProblemRow[];
  readonly damaged: readonly DamagedRecord[];
}

/** How an operation is carried out. Arguments are what a stranger sent: `check` comes first. */
export interface Operation {
  /** Does it change anything? Such calls are logged. */
  readonly changes: boolean;
  /** What is wrong with the arguments, or null. */
  check(args: readonly unknown[]): string | null;
  /** @param report where progress goes. The result can be written as JSON; undefined becomes null */
  run(
    port: AdministrationPort,
    args: readonly unknown[],
    signal: AbortSignal,
    report: (progress: unknown) => void,
  ): unknown;
}

type Kind = 'text' | 'text?' | 'flag' | 'texts' | 'upload' | 'data';

const KINDS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'text?': (value) => value === null || typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  upload: (value) => isTextMap(value) && ['image', 'build', 'provider', 'upload'].every((key) => key in value),
  data: isTextMap,
};

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === 'string');
}

function operation(changes: boolean, kinds: readonly Kind[], run: Operation['run']): Operation {
  const check = (args: readonly unknown[]): string | null => {
    if (args.length !== kinds.length) return `${kinds.length} arguments are expected, not ${args.length}`;
    const wrong = kinds.findIndex((kind, index) => !KINDS[kind](args[index]));
    return wrong < 0 ? null : `argument ${wrong + 1} is not of the kind ${kinds[wrong] ?? ''}`;
  };
  return { changes, check, run };
}

const asText = (value: unknown): string => value as string;

export const OPERATIONS = {
  /** Is anybody there, and may we? */
  greet: operation(false, [], () => true),
  lists: operation(false, [], ({ queries }): Lists => ({
    nodes: queries.nodes(),
    uploads: queries.uploads(),
    builds: queries.builds(),
    requests: queries.requests(),
    labels: queries.labels(),
    imageStatus: queries.imageStatus(),
    imageProblems: queries.imageProblems(),
    damaged: queries.damaged(),
  })),
  'alien-images': operation(false, ['text?'], ({ aliens }, [provider], signal) =>
    aliens.find(provider === null ? undefined : asText(provider), signal),
  ),
  explain: operation(false, ['text', 'text', 'texts'], ({ inquiries }, [kind, id, addresses], signal) =>
    inquiries.ask(kind as SubjectKind, asText(id), addresses as readonly string[], signal),
  ),
  'explain-if': operation(
    false,
    ['text', 'text', 'texts', 'texts'],
    ({ inquiries }, [kind, id, addresses, changes], signal) =>
      inquiries.ask(
        kind as SubjectKind,
        asText(id),
        addresses as readonly string[],
        signal,
        changes as readonly string[],
      ),
  ),
  'node-delete': operation(true, ['text', 'flag'], ({ commands }, [id, now], signal) =>
    commands.nodes.delete(asText(id), { now: now === true }, signal),
  ),
  'node-hold': operation(true, ['text', 'text?'], ({ commands }, [id, reason], signal) =>
    commands.nodes.hold(asText(id), reason === null ? {} : { reason: asText(reason) }, signal),
  ),
  'request-delete': operation(true, ['text'], ({ commands }, [id]) => commands.requests.delete(asText(id))),
  'image-build': operation(true, ['text'], ({ commands }, [image]) => commands.images.build(asText(image))),
  'image-pause': operation(true, ['text'], ({ commands }, [image]) => commands.images.pause(asText(image))),
  'image-unpause': operation(true, ['text'], ({ commands }, [image]) => commands.images.unpause(asText(image))),
  'upload-delete': operation(true, ['upload'], ({ commands }, [upload]) =>
    commands.images.deleteUpload(upload as UploadKey),
  ),
  'build-delete': operation(true, ['text'], ({ commands }, [id]) => commands.images.deleteBuild(asText(id))),
  'erase-uploads': operation(true, ['text'], ({ commands }, [name]) => commands.data.eraseUploads(asText(name))),
  'erase-nodes': operation(true, ['text'], ({ commands }, [name]) => commands.data.eraseNodes(asText(name))),
  'export-images': operation(false, [], ({ commands }) => commands.data.exportImages()),
  'import-images': operation(true, ['data'], ({ commands }, [data]) => commands.data.importImages(data as ImageData)),
  'follow-build': operation(true, ['text'], ({ progress }, [image], signal, report) =>
    progress.build(asText(image), report, signal),
  ),
  'follow-deletion': operation(false, ['text'], ({ progress }, [id], signal, report) =>
    progress.deletion(asText(id), report, signal),
  ),
  /** Each record as progress; the result is their number. */
  'store-contents': operation(false, ['flag'], async ({ contents }, [whole], _signal, report) => {
    if (!contents) throw new Error('This Nodepool has no store of its own: its records are in ZooKeeper (--zookeeper)');
    const lines = await contents.read(whole === true);
    for (const line of lines) report(line);
    return lines.length;
  }),
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;

export function operationNamed(name: string): Operation | undefined {
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name as OperationName] : undefined;
}

const NUMBERS: Readonly<Record<string, number>> = { Infinity: Infinity, '-Infinity': -Infinity, NaN };

/** JSON that keeps the numbers which JSON does not have. */
export function toWire(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? { $number: String(each) } : each,
  );
  return text ?? 'null';
}

export function fromWire(text: string): unknown {
  return JSON.parse(text, (_key, each: unknown) => {
    const name = (each as { readonly $number?: unknown } | null)?.$number;
    return typeof name === 'string' ? (NUMBERS[name] ?? each) : each;
  });
}
