import type Router from '@koa/router';

/**
 * Routes below `/api/v1` that a listener serves. By the time one is called the caller is known (`callerOf`) and accepts what is
 * answered: JSON, or events from paths that end in `/events`. Scopes, bodies and queries are the routes' own business, with
 * `requireScope`, `readJsonBody` and `readQuery`. What a route throws as `ApiProblem` becomes the answer.
 */
export interface ApiRoutes {
  /** Adds its paths, complete: `/api/v1/leases`. */
  addTo(router: Router): void;
  /** The listener begins. */
  open?(): void;
  /** The listener ends: whatever waits is to answer now or be cut off. */
  close?(): void;
}
