import type { RecordStat } from '../../../ports/coordination/tree-store.js';
import type { JuteReader } from './jute-reader.js';
import { JuteWriter } from './jute-writer.js';
import { CREATE_FLAG, OPERATION, REQUEST } from './protocol.js';

export interface Handshake {
  /** Seconds. */
  readonly timeout: number;
  readonly session: SessionCredentials | null;
  readonly lastZxid: bigint;
}

export interface SessionCredentials {
  /** Eight bytes in hex. */
  readonly id: string;
  /** In base64. */
  readonly password: string;
}

export interface HandshakeAnswer {
  /** Seconds; 0 = the session asked for is over. */
  readonly timeout: number;
  readonly session: SessionCredentials;
  readonly readOnly: boolean;
}

export interface WatchedPaths {
  readonly data: readonly string[];
  readonly existence: readonly string[];
  readonly children: readonly string[];
  readonly recursive: readonly string[];
}

const NO_PASSWORD = Buffer.alloc(16);

export function encodeHandshake({ timeout, session, lastZxid }: Handshake): Buffer {
  return new JuteWriter()
    .int(0)
    .long(lastZxid)
    .int(Math.round(timeout * 1000))
    .long(session ? BigInt.asIntN(64, BigInt(`0x${session.id}`)) : 0n)
    .bytes(session ? Buffer.from(session.password, 'base64') : NO_PASSWORD)
    .bool(false)
    .frame();
}

export function decodeHandshake(reader: JuteReader): HandshakeAnswer {
  reader.int();
  const timeout = reader.int() / 1000;
  const id = BigInt.asUintN(64, reader.long()).toString(16).padStart(16, '0');
  const password = Buffer.from(reader.bytes()).toString('base64');
  // Servers before 3.4 do not say it.
  const readOnly = reader.remaining > 0 && reader.bool();
  return { timeout: Math.max(0, timeout), session: { id, password }, readOnly };
}

/** Begins a request: its number, and what it asks for. */
export function request(xid: number, operation: number, size?: number): JuteWriter {
  return new JuteWriter(size).int(xid).int(operation);
}

export function encodePing(): Buffer {
  return request(REQUEST.ping, OPERATION.ping).frame();
}

/** Everybody may do everything: neither Nodepool nor Zuul sets access rights (spec LAUNCHER 1.1). */
export function putCreate(writer: JuteWriter, path: string, data: Uint8Array, flags: CreateFlags): JuteWriter {
  return writer
    .text(path)
    .bytes(data)
    .int(1)
    .int(ALL_RIGHTS)
    .text('world')
    .text('anyone')
    .int((flags.ephemeral ? CREATE_FLAG.ephemeral : 0) | (flags.sequential ? CREATE_FLAG.sequential : 0));
}

export interface CreateFlags {
  readonly ephemeral?: boolean;
  readonly sequential?: boolean;
}

const ALL_RIGHTS = 31;

export function encodeSetWatches(lastZxid: bigint, paths: WatchedPaths): Buffer {
  // Servers before 3.6 know the older form only.
  const recursive = paths.recursive.length > 0;
  const writer = request(REQUEST.setWatches, recursive ? OPERATION.setWatches2 : OPERATION.setWatches, 4096);
  writer.long(lastZxid).texts(paths.data).texts(paths.existence).texts(paths.children);
  if (recursive) writer.texts(NONE).texts(paths.recursive);
  return writer.frame();
}

/** Persistent watches that are not recursive are not used. */
const NONE: readonly string[] = [];

/** `czxid mzxid ctime mtime version cversion aversion ephemeralOwner dataLength numChildren pzxid`. */
export function readStat(reader: JuteReader): RecordStat {
  reader.number();
  const modifiedId = reader.number();
  const createdTime = reader.number() / 1000;
  const modifiedTime = reader.number() / 1000;
  const version = reader.int();
  reader.int();
  reader.int();
  const ephemeral = reader.long() !== 0n;
  reader.int();
  const childCount = reader.int();
  reader.number();
  return { version, createdTime, modifiedTime, modifiedId, ephemeral, childCount };
}
