import { describe, expect, it } from 'vitest';
import { SaslLogin } from '../../../src/adapters/zookeeper/wire/sasl-login.js';

const fields = (response: string | null): Map<string, string> =>
  new Map(
    [...(response ?? '').matchAll(/([\w-]+)=(?:"([^"]*)"|([^,]+))/g)].map(([, name = '', q, p]) => [
      name,
      q ?? p ?? '',
    ]),
  );

describe('signing in by DIGEST-MD5', () => {
  const challenge = 'realm="zk-sasl-md5",nonce="OA6MG9tEQGm2hh",charset=utf-8,algorithm=md5-sess,qop="auth"';

  it('answers the challenge with what RFC 2831 asks for', () => {
    const login = new SaslLogin({ username: 'chris', password: 'secret' }, () => 'OA6MHXh6VqTrRk');
    const said = fields(login.answerTo(challenge));
    expect(Object.fromEntries(said)).toMatchObject({
      username: 'chris',
      realm: 'zk-sasl-md5',
      nonce: 'OA6MG9tEQGm2hh',
      cnonce: 'OA6MHXh6VqTrRk',
      nc: '00000001',
      qop: 'auth',
      'digest-uri': 'zookeeper/zk-sasl-md5',
    });
    expect(said.get('response')).toMatch(/^[0-9a-f]{32}$/);
    expect([...said.values()]).not.toContain('secret');
  });

  it('answers differently for another password, and for another challenge', () => {
    const answer = (password: string, nonce: string): string | undefined =>
      fields(new SaslLogin({ username: 'chris', password }, () => 'n').answerTo(`nonce="${nonce}"`)).get('response');
    expect(new Set([answer('a', '1'), answer('b', '1'), answer('a', '2')]).size).toBe(3);
  });

  it('refuses what is no challenge', () => {
    expect(new SaslLogin({ username: 'a', password: 'b' }).answerTo('rspauth=abc')).toBeNull();
  });
});
