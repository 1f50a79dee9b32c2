import type { Outcome, RequestCommands } from '../../ports/administration/commands.js';
import type { RequestRecords } from '../../ports/records/requests.js';
import { isRecordName } from './record-name.js';

/**
 * Takes no lock: whoever serves the request notices that it is gone, and lets its nodes go (spec LAUNCHER 2.8, 2.11). A name
 * that is no request's is taken too: such a record has no other way out.
 */
export class RequestOrders implements RequestCommands {
  constructor(private readonly requests: RequestRecords) {}

  async delete(id: string): Promise<Outcome> {
    if (isRecordName(id) && (await this.requests.remove(id))) return { kind: 'done' };
    return { kind: 'refused', code: 'REQUEST_NOT_FOUND', message: `Node request id ${id} not found` };
  }
}
