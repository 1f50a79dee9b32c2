import type { Provider } from '../../ports/compute/provider.js';

/**
 * Answers the configured provider of that name, started. Whoever gives this out also stops the providers.
 * @throws ProviderError when it cannot be started
 */
export type ProviderAccess = (name: string, signal?: AbortSignal) => Promise<Provider>;
