/** Builds and uploads of disk images on the wire (spec LAUNCHER 1.6, BUILDER 2.3). */
import {
  BUILD_STATES,
  UPLOAD_STATES,
  type BuildState,
  type ImageBuild,
  type ImageUpload,
  type UploadState,
} from '../../domain/model/image.js';
import { Original } from './original.js';
import { parseStated, type RecordCodec } from './record-codec.js';
import {
  decodeFields,
  encodeFields,
  field,
  knownKeys,
  statePairs,
  text,
  writeObject,
  type FieldReader,
  type WireField,
} from './wire-fields.js';

const DEFAULT_USERNAME = 'zuul';
/** What a record without the key means: it was written before 3.7. */
const OLD_PYTHON = '/usr/bin/python2';

/** Null, as written while the record is building, takes the default too, but is written back. */
const word: FieldReader<string> = (raw) => (typeof raw === 'string' ? raw : undefined);

/** A comma-joined text; a list is understood too. */
const formats: FieldReader<readonly string[]> = (raw) => {
  const parts = typeof raw === 'string' ? raw.split(',') : raw;
  if (!Array.isArray(parts)) return [];
  return parts
    .filter((part): part is string => typeof part === 'string')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .sort();
};

const joined = (value: readonly string[]): string => [...value].sort().join(',');

const BUILD_FIELDS: readonly WireField<ImageBuild>[] = [
  field<ImageBuild, 'builder'>('builder', 'builder', text, null),
  field<ImageBuild, 'builderId'>('builder_id', 'builderId', text, null),
  field<ImageBuild, 'formats'>('formats', 'formats', formats, [], joined),
  field<ImageBuild, 'username'>('username', 'username', word, DEFAULT_USERNAME),
  field<ImageBuild, 'pythonPath'>('python_path', 'pythonPath', word, OLD_PYTHON),
  field<ImageBuild, 'shellType'>('shell_type', 'shellType', text, null),
];

const UPLOAD_FIELDS: readonly WireField<ImageUpload>[] = [
  field<ImageUpload, 'externalId'>('external_id', 'externalId', text, null),
  field<ImageUpload, 'externalName'>('external_name', 'externalName', text, null),
  field<ImageUpload, 'format'>('format', 'format', text, null),
  field<ImageUpload, 'username'>('username', 'username', word, DEFAULT_USERNAME),
  field<ImageUpload, 'pythonPath'>('python_path', 'pythonPath', word, OLD_PYTHON),
  field<ImageUpload, 'shellType'>('shell_type', 'shellType', text, null),
];

/** Left out while unset, as the original does. */
const OMITTED_WHEN_UNSET = new Set(['builder', 'builder_id', 'formats']);
const HANDLED = new Set(['state', 'state_time']);

interface ImageRecord {
  readonly state: BuildState | UploadState;
  readonly stateTime: number;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Everything but the state is in the table, hence `complete`. */
function imageCodec<S extends string, T extends ImageRecord>(
  states: readonly S[],
  fields: readonly WireField<T>[],
  complete: (values: Partial<T>, base: { state: S; stateTime: number; extra: ImageRecord['extra'] }) => T,
): RecordCodec<T> {
  const known = knownKeys(fields, HANDLED);
  return {
    decode(data, stat) {
      const stated = parseStated(data, stat, states);
      if (!('value' in stated)) return stated;
      const { object, state, stateTime } = stated.value;
      const { values, extra } = decodeFields<T, Partial<T>>(object, fields, known, {});
      return { value: complete(values, { state, stateTime, extra }) };
    },
    encode(record, base) {
      const original = Original.of(base);
      const written = encodeFields(record, fields, original);
      return writeObject(
        [
          ...statePairs(record, original),
          ...written.filter(([key, value]) => !OMITTED_WHEN_UNSET.has(key) || (value !== null && value !== '')),
        ],
        record.extra,
        HANDLED,
        original,
      );
    },
  };
}

export const buildCodec = imageCodec<BuildState, ImageBuild>(BUILD_STATES, BUILD_FIELDS, (values, base) => ({
  builder: values.builder ?? null,
  builderId: values.builderId ?? null,
  formats: values.formats ?? [],
  username: values.username ?? DEFAULT_USERNAME,
  pythonPath: values.pythonPath ?? OLD_PYTHON,
  shellType: values.shellType ?? null,
  ...base,
}));

export const uploadCodec = imageCodec<UploadState, ImageUpload>(UPLOAD_STATES, UPLOAD_FIELDS, (values, base) => ({
  externalId: values.externalId ?? null,
  externalName: values.externalName ?? null,
  format: values.format ?? null,
  username: values.username ?? DEFAULT_USERNAME,
  pythonPath: values.pythonPath ?? OLD_PYTHON,
  shellType: values.shellType ?? null,
  ...base,
}));
