import { readFileSync } from 'node:fs';
import type { BuildState, UploadState } from '../../../src/domain/model/image.js';
import type { NodeState } from '../../../src/domain/model/node.js';
import type { RequestState } from '../../../src/domain/model/request.js';
import type { FixedRows } from './fixed-queries.js';

/** A recorded answer of the original. */
export interface GoldenAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export function goldenAnswer(name: string): GoldenAnswer {
  const text = readFileSync(new URL(`../../fixtures/http/${name}.http`, import.meta.url), 'utf8');
  const cut = text.indexOf('\n\n');
  const lines = text
    .slice(0, cut)
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const [status = '', ...headers] = lines;
  return {
    status: Number(status.split(' ')[1]),
    headers: new Map(
      headers.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    ),
    body: text.slice(cut + 2),
  };
}

/** When the recorded lists were made: 2026-11-22 14:36:09 and a bit. */
export const RECORDED_AT = Date.UTC(2026, 10, 22, 14, 36, 9) / 1000 + 0.5;

type Json = Record<string, unknown>;

/** The rows behind the recorded JSON lists. */
export function recordedRows(): FixedRows {
  return {
    nodes: recorded('node-list.json').map((node) => ({
      id: node.id as string,
      provider: node.provider as string,
      labels: node.label as string[],
      serverId: node.server_id as string,
      publicIpv4: node.public_ipv4 as string,
      publicIpv6: node.ipv6 as string,
      state: node.state as NodeState,
      stateTime: RECORDED_AT - seconds(node.age as string),
      locked: node.locked === 'locked',
      pool: node.pool as string,
      hostname: node.hostname as null,
      privateIpv4: node.private_ipv4 as string,
      az: node.AZ as string,
      username: node.username as string,
      connectionPort: node.connection_port as number,
      launcher: node.launcher as string,
      allocatedTo: node.allocated_to as string | null,
      holdJob: node.hold_job as string | null,
      comment: node.comment as string | null,
      userData: node.user_data,
      driverData: node.driver_data,
    })),
    uploads: recorded('image-list.json').map((upload) => ({
      image: upload.image as string,
      build: upload.id as string,
      provider: upload.provider as string,
      upload: upload.upload_id as string,
      externalName: upload.external_name as string,
      externalId: upload.external_id as string,
      state: upload.state as UploadState,
      stateTime: (upload.age as number) + 0.25,
    })),
    builds: recorded('dib-image-list.json').map((build) => ({
      image: build.image as string,
      build: (build.id as string).slice((build.image as string).length + 1),
      builder: build.builder as string,
      formats: build.formats as string[],
      state: build.state as BuildState,
      stateTime: (build.age as number) + 0.25,
    })),
    requests: recorded('request-list.json').map((request) => ({
      id: request.id as string,
      relativePriority: request.relative_priority as number,
      state: request.state as RequestState,
      requestor: request.requestor as string,
      nodeTypes: request.node_types as string[],
      nodes: request.nodes as string[],
      declinedBy: request.declined_by as string[],
      eventId: request.event_id as string,
    })),
    labels: recorded('label-list.json') as unknown as FixedRows['labels'],
    imageStatus: recorded('image-status.json').map((status) => ({
      image: status.image as string,
      paused: status.paused as boolean,
      buildRequest: status.build_request as null,
      buildRequestTime: null,
    })),
  };
}

function recorded(name: string): Json[] {
  return JSON.parse(goldenAnswer(name).body) as Json[];
}

function seconds(age: string): number {
  return age.split(':').reduce((total, part, index) => total * ([1, 24, 60, 60][index] ?? 1) + Number(part), 0);
}
