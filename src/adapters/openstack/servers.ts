/** The calls about servers (spec BUILDER 6.2). All throw `ApiError` or the signal's reason. */
import type { JsonObject } from './client/api-call.js';
import { isStatus } from './client/api-error.js';
import type { OpenStackClient } from './client/openstack-client.js';
import { objectAt, textAt } from './read-json.js';
import type { Server } from './server.js';
import { readServer } from './server.js';

/** What every nova since 2015 speaks; creating asks for no more, so that leaving out the networks keeps its old meaning. */
const OLDEST = '2.1';
/**
 * Versions that tell more in a list, newest first: 2.69 lists servers whose cell is down instead of hiding them, 2.47 tells what a
 * server takes even when its flavor is no more.
 */
const TELLING = ['2.69', '2.47'] as const;

export async function listServers(client: OpenStackClient, signal: AbortSignal): Promise<readonly Server[]> {
  const microversion = await tellingVersion(client, signal);
  const servers: Server[] = [];
  const pages = client.pages(
    {
      service: 'compute',
      method: 'GET',
      path: '/servers/detail',
      microversion,
      expected: [200, 203, 300],
      idempotent: true,
    },
    'servers',
    signal,
  );
  for await (const page of pages) servers.push(...page.map(readServer));
  return servers.filter((server) => server.id !== '');
}

/** Null when there is no such server. */
export async function getServer(client: OpenStackClient, id: string, signal: AbortSignal): Promise<Server | null> {
  try {
    const answer = await client.call(
      {
        service: 'compute',
        method: 'GET',
        path: serverPath(id),
        microversion: await tellingVersion(client, signal),
        expected: [200, 203, 300],
        idempotent: true,
      },
      signal,
    );
    return readServer(objectAt(answer.json, 'server'));
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

/** Answers the id. A call whose answer was lost may have made the server all the same. */
export async function createServer(
  client: OpenStackClient,
  path: '/servers' | '/os-volumes_boot',
  body: JsonObject,
  signal: AbortSignal,
): Promise<string> {
  const answer = await client.call(
    {
      service: 'compute',
      method: 'POST',
      path,
      json: body,
      microversion: OLDEST,
      expected: [200, 202],
      idempotent: false,
    },
    signal,
  );
  return textAt(objectAt(answer.json, 'server'), 'id');
}

/** Answers false when there is no such server. */
export async function deleteServer(client: OpenStackClient, id: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await client.call(
    {
      service: 'compute',
      method: 'DELETE',
      path: serverPath(id),
      expected: [202, 204, 404],
      idempotent: true,
      urgent: true,
    },
    signal,
  );
  return status !== 404;
}

/** Null when the server has no console, or is not there. */
export async function consoleOutput(client: OpenStackClient, id: string, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await client.call(
      {
        service: 'compute',
        method: 'POST',
        path: `${serverPath(id)}/action`,
        json: { 'os-getConsoleOutput': { length: null } },
        expected: [200],
        idempotent: true,
      },
      signal,
    );
    return textAt(answer.json, 'output');
  } catch (error) {
    if (isStatus(error, 400, 404, 409, 501)) return null;
    throw error;
  }
}

function serverPath(id: string): string {
  return `/servers/${encodeURIComponent(id)}`;
}

async function tellingVersion(client: OpenStackClient, signal: AbortSignal): Promise<string> {
  const { maxMicroversion } = await client.endpoint('compute', signal);
  const newest = minorOf(maxMicroversion ?? OLDEST);
  return TELLING.find((version) => minorOf(version) <= newest) ?? OLDEST;
}

function minorOf(version: string): number {
  const [, minor = '0'] = /^2\.(\d+)$/.exec(version) ?? [];
  return Number(minor);
}
