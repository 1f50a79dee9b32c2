import type { CloudAuth } from '../clouds/cloud-access.js';
import type { Secret } from '../../../domain/config/secret.js';

const HIDDEN = '[redacted]';
/** Shorter ones would tear holes into innocent texts. */
const SHORTEST = 4;

/** Takes the secrets of one cloud out of texts that came from outside and may repeat them. */
export class SecretScrubber {
  private token = '';
  private readonly lasting: readonly string[];

  constructor(auth: CloudAuth) {
    this.lasting = secretsOf(auth)
      .map((secret) => secret.reveal())
      .filter((text) => text.length >= SHORTEST);
  }

  /** The token in force, which changes. */
  remember(token: Secret): void {
    this.token = token.reveal();
  }

  scrub(text: string): string {
    let clean = text;
    for (const secret of [...this.lasting, this.token]) {
      if (secret !== '' && clean.includes(secret)) clean = clean.replaceAll(secret, HIDDEN);
    }
    return clean;
  }
}

function secretsOf(auth: CloudAuth): readonly Secret[] {
  switch (auth.kind) {
    case 'password':
      return [auth.password];
    case 'token':
      return [auth.token];
    case 'application-credential':
      return [auth.secret];
    case 'fixed':
      return auth.token ? [auth.token] : [];
  }
}
