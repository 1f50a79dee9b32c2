/** What the keys below `auth` in clouds.yaml are called. Other tools know more: whatever is not like one of these is left alone. */
import { nearestWord } from '../../../domain/presentation/nearest-word.js';

const KEYS = [
  'application_credential_id',
  'application_credential_name',
  'application_credential_secret',
  'auth_url',
  'default_domain_id',
  'default_domain_name',
  'domain_id',
  'domain_name',
  'passcode',
  'password',
  'project_domain_id',
  'project_domain_name',
  'project_id',
  'project_name',
  'system_scope',
  'tenant_id',
  'tenant_name',
  'token',
  'trust_id',
  'user_domain_id',
  'user_domain_name',
  'user_id',
  'user_name',
  'username',
];

/** A text for each key that is written in an odd way; none holds a value. */
export function authWarnings(auth: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(auth).flatMap((key) => {
    const usual = key.replaceAll('-', '_');
    if (KEYS.includes(key)) return [];
    if (KEYS.includes(usual)) return [`${key}: with dashes it is understood here, but not everywhere; write ${usual}`];
    const meant = nearestWord(key, KEYS);
    return meant === undefined ? [] : [`${key}: unknown key; did you mean ${meant}?`];
  });
}
