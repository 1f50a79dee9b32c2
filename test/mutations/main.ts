/** What scripts/mutations.mjs needs of the typed sources, in one file. */
export { AREAS } from './catalogue.js';
export { digestOf, MUTATIONS_PAGE, page } from './record.js';
export { mutationPlugin } from './mutation-plugin.js';
