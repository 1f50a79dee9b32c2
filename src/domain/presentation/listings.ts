/** The lists of `nodepool` and of the web interface, with the columns of the 2024 releases (spec BUILDER 3.3, 3.4, 4.1). */
import { isMoment } from '../model/moment.js';
import { ageOf, formatAge, UNKNOWN_TIME } from './age.js';
import type { Column, Listing } from './listing.js';
import type {
  AlienImageRow,
  BuildRow,
  ImageProblemRow,
  ImageStatusRow,
  LabelRow,
  NodeRow,
  ProviderImageRow,
  ProviderNodeRow,
  RequestRow,
  UploadRow,
} from './rows.js';

/** The columns of `nodepool list`; `--detail` and the web show all of `NODE_DETAILS`. */
export const NODES: Listing<NodeRow> = [
  { key: 'id', title: 'ID', json: (node) => node.id },
  { key: 'provider', title: 'Provider', json: (node) => node.provider },
  { key: 'label', title: 'Label', json: (node) => node.labels },
  { key: 'server_id', title: 'Server ID', json: (node) => node.serverId },
  { key: 'public_ipv4', title: 'Public IPv4', json: (node) => node.publicIpv4 },
  { key: 'ipv6', title: 'IPv6', json: (node) => node.publicIpv6 },
  { key: 'state', title: 'State', json: (node) => node.state },
  // Text even in JSON, unlike the ages of images: clients are used to it (spec BUILDER 4.1).
  { key: 'age', title: 'Age', json: (node, now) => ageOf(node.stateTime, now), ticking: 'both' },
  { key: 'locked', title: 'Locked', json: (node) => (node.locked ? 'locked' : 'unlocked') },
];

export const NODE_DETAILS: Listing<NodeRow> = [
  ...NODES,
  { key: 'pool', title: 'Pool', json: (node) => node.pool },
  { key: 'hostname', title: 'Hostname', json: (node) => node.hostname },
  { key: 'private_ipv4', title: 'Private IPv4', json: (node) => node.privateIpv4 },
  { key: 'AZ', title: 'AZ', json: (node) => node.az },
  { key: 'username', title: 'Username', json: (node) => node.username },
  { key: 'connection_port', title: 'Port', json: (node) => node.connectionPort },
  { key: 'launcher', title: 'Launcher', json: (node) => node.launcher },
  { key: 'allocated_to', title: 'Allocated To', json: (node) => node.allocatedTo },
  { key: 'hold_job', title: 'Hold Job', json: (node) => node.holdJob },
  { key: 'comment', title: 'Comment', json: (node) => node.comment },
  { key: 'user_data', title: 'User Data', json: (node) => node.userData },
  { key: 'driver_data', title: 'Driver Data', json: (node) => node.driverData },
];

export const UPLOADS: Listing<UploadRow> = [
  { key: 'id', title: 'Build ID', json: (upload) => upload.build },
  { key: 'upload_id', title: 'Upload ID', json: (upload) => upload.upload },
  { key: 'provider', title: 'Provider', json: (upload) => upload.provider },
  { key: 'image', title: 'Image', json: (upload) => upload.image },
  { key: 'external_name', title: 'Provider Image Name', json: (upload) => upload.externalName },
  { key: 'external_id', title: 'Provider Image ID', json: (upload) => upload.externalId },
  { key: 'state', title: 'State', json: (upload) => upload.state },
  stateAge<UploadRow>(),
];

export const BUILDS: Listing<BuildRow> = [
  { key: 'id', title: 'ID', json: (build) => `${build.image}-${build.build}` },
  { key: 'image', title: 'Image', json: (build) => build.image },
  { key: 'builder', title: 'Builder', json: (build) => build.builder },
  { key: 'formats', title: 'Formats', json: (build) => build.formats },
  { key: 'state', title: 'State', json: (build) => build.state },
  stateAge<BuildRow>(),
];

export const REQUESTS: Listing<RequestRow> = [
  { key: 'id', title: 'Request ID', json: (request) => request.id },
  { key: 'relative_priority', title: 'Priority', json: (request) => request.relativePriority },
  { key: 'state', title: 'State', json: (request) => request.state },
  { key: 'requestor', title: 'Requestor', json: (request) => request.requestor },
  { key: 'node_types', title: 'Node Types', json: (request) => request.nodeTypes },
  { key: 'nodes', title: 'Nodes', json: (request) => request.nodes },
  { key: 'declined_by', title: 'Declined By', json: (request) => request.declinedBy },
  { key: 'event_id', title: 'Event ID', json: (request) => request.eventId },
];

export const LABELS: Listing<LabelRow> = [{ key: 'label', title: 'Label', json: ({ label }) => label }];

export const IMAGE_STATUS: Listing<ImageStatusRow> = [
  { key: 'image', title: 'Image', json: (status) => status.image },
  { key: 'paused', title: 'Paused', json: (status) => status.paused },
  { key: 'build_request', title: 'Build Request', json: (status) => status.buildRequest },
  {
    key: 'build_request_age',
    title: 'Build Request Age',
    json: ({ buildRequestTime: time }) => (time === null ? null : Math.floor(time)),
    text: ({ buildRequestTime: time }, now) => (time === null ? null : ageOf(time, now)),
    ticking: 'text',
  },
];

/** Beyond the original: what builders cannot do, and when they try again. */
export const IMAGE_PROBLEMS: Listing<ImageProblemRow> = [
  { key: 'image', title: 'Image', json: (problem) => problem.image },
  { key: 'provider', title: 'Provider', json: (problem) => problem.provider },
  { key: 'builder', title: 'Builder', json: (problem) => problem.builder },
  { key: 'failures', title: 'Failures', json: (problem) => problem.failures },
  {
    key: 'next_try',
    title: 'Next Try In',
    json: ({ nextTry }) => (nextTry === null || !isMoment(nextTry) ? null : Math.floor(nextTry)),
    text: ({ nextTry }, now) => (nextTry === null ? null : untilText(nextTry, now)),
    ticking: 'text',
  },
  { key: 'problem', title: 'Problem', json: (problem) => problem.problem },
];

export const ALIEN_IMAGES: Listing<AlienImageRow> = [
  { key: 'provider', title: 'Provider', json: (image) => image.provider },
  { key: 'name', title: 'Name', json: (image) => image.name },
  { key: 'external_id', title: 'Image ID', json: (image) => image.externalId },
];

export const PROVIDER_IMAGES: Listing<ProviderImageRow> = [
  { key: 'image', title: 'Image Name', json: ({ image }) => image },
  { key: 'build', title: 'Build ID', json: ({ build }) => build },
  { key: 'uploads', title: 'Upload IDs', json: ({ uploads }) => uploads },
];

export const PROVIDER_NODES: Listing<ProviderNodeRow> = [
  { key: 'id', title: 'ID', json: ({ id }) => id },
  { key: 'server_id', title: 'Server ID', json: ({ serverId }) => serverId },
];

function untilText(moment: number, now: number): string {
  return isMoment(moment) ? formatAge(Math.max(0, moment - now)) : UNKNOWN_TIME;
}

/** In JSON the second of the last state change, in tables the time since then: an oddity that clients rely on (spec BUILDER 4.1). */
function stateAge<Row extends { readonly stateTime: number }>(): Column<Row> {
  return {
    key: 'age',
    title: 'Age',
    json: ({ stateTime }) => (isMoment(stateTime) ? Math.floor(stateTime) : null),
    text: ({ stateTime }, now) => ageOf(stateTime, now),
    ticking: 'text',
  };
}
