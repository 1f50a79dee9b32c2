import { malformed } from '../read-json-body.js';

const KEY =
  /^(?<type>ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) (?<data>[A-Za-z0-9+/]{16,}={0,3})(?: [\x20-\x7e]*)?$/;

/** One line of `authorized_keys` without options, so that nothing but a key gets there. @throws ApiProblem 400 */
export function checkPublicKey(line: string): string {
  const text = line.trim();
  const { type, data } = KEY.exec(text)?.groups ?? {};
  if (type === undefined || data === undefined || typeInside(data) !== type)
    throw malformed('ssh_keys has an entry that is no public key of OpenSSH.');
  return text;
}

/** The data of a key begin with its type. */
function typeInside(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return length > 64 ? '' : bytes.subarray(4, 4 + length).toString('latin1');
}
