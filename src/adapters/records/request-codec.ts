/** Node requests on the wire (spec LAUNCHER 1.6). Every key is always written: newer Zuul versions require them. */
import { REQUEST_DEFAULTS, REQUEST_STATES, type NodeRequest } from '../../domain/model/request.js';
import { Original } from './original.js';
import { PythonFloat } from './python-json.js';
import { parseStated, type RecordCodec } from './record-codec.js';
import {
  anything,
  decodeFields,
  encodeFields,
  field,
  finite,
  knownKeys,
  statePairs,
  text,
  texts,
  writeObject,
  type FieldReader,
  type WireField,
} from './wire-fields.js';

const flag: FieldReader<boolean> = (raw) => (typeof raw === 'boolean' ? raw : undefined);
const number: FieldReader<number> = (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined);
const seconds = (value: number | null): PythonFloat | null => (value === null ? null : new PythonFloat(value));

const D = REQUEST_DEFAULTS;

const FIELDS: readonly WireField<NodeRequest>[] = [
  field<NodeRequest, 'declinedBy'>('declined_by', 'declinedBy', texts, D.declinedBy),
  field<NodeRequest, 'nodeTypes'>('node_types', 'nodeTypes', texts, D.nodeTypes),
  field<NodeRequest, 'nodes'>('nodes', 'nodes', texts, D.nodes),
  field<NodeRequest, 'reuse'>('reuse', 'reuse', flag, D.reuse),
  field<NodeRequest, 'requestor'>('requestor', 'requestor', text, D.requestor),
  field<NodeRequest, 'requestorData'>('requestor_data', 'requestorData', anything, D.requestorData),
  field<NodeRequest, 'provider'>('provider', 'provider', text, D.provider),
  field<NodeRequest, 'relativePriority'>('relative_priority', 'relativePriority', number, D.relativePriority),
  field<NodeRequest, 'eventId'>('event_id', 'eventId', text, D.eventId),
  field<NodeRequest, 'createdTime'>('created_time', 'createdTime', finite, D.createdTime, seconds),
  field<NodeRequest, 'tenantName'>('tenant_name', 'tenantName', text, D.tenantName),
];

const HANDLED = new Set(['state', 'state_time']);
const KNOWN = knownKeys(FIELDS, HANDLED);

export const requestCodec: RecordCodec<NodeRequest> = {
  decode(data, stat) {
    const stated = parseStated(data, stat, REQUEST_STATES);
    if (!('value' in stated)) return stated;
    const { object, state, stateTime } = stated.value;
    const defaults: NodeRequest = { ...REQUEST_DEFAULTS, state, stateTime };
    const { values, extra } = decodeFields(object, FIELDS, KNOWN, defaults);
    return { value: { ...values, extra } };
  },
  encode(request, base) {
    const original = Original.of(base);
    const known = [...statePairs(request, original), ...encodeFields(request, FIELDS, original)];
    return writeObject(known, request.extra, HANDLED, original);
  },
};
