/** The dependency rule of docs/architecture.md: domain <- ports <- adapters <- apps. */
const useCases = '^src/apps/(launcher|builder|administration|lease-client)';
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'The domain knows nothing but itself: no Node built-ins, no npm packages.',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { pathNot: '^src/domain' },
    },
    {
      name: 'ports-know-domain',
      severity: 'error',
      from: { path: '^src/ports' },
      to: { pathNot: '^src/(ports|domain)' },
    },
    {
      name: 'interfaces-need-no-tools',
      comment:
        'The toolkit is code on the ports, for adapters and apps alike; a port is an interface and needs none of it (ADR 0028).',
      severity: 'error',
      from: { path: '^src/ports/(?!toolkit/)' },
      to: { path: '^src/ports/toolkit/' },
    },
    {
      name: 'adapters-are-leaves',
      comment: 'An adapter imports ports, the domain and packages; never an app and never another adapter.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)' },
      to: { path: '^src/(apps|adapters/(?!$1/))' },
    },
    {
      name: 'use-cases-use-ports',
      severity: 'error',
      from: { path: useCases },
      to: { path: ['^src/adapters', '^src/apps/(composition|main)', 'node_modules'], pathNot: [] },
    },
    {
      name: 'use-cases-avoid-node',
      severity: 'error',
      from: { path: useCases },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'container-in-composition-only',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/apps/(composition|main)' },
      to: { path: 'node_modules/inversify' },
    },
    {
      name: 'drivers-know-the-api',
      comment: 'A driver in a package of its own knows of Nodepool what is published, and its types only.',
      severity: 'error',
      from: { path: '^drivers/' },
      to: { path: '^(src|test)/', pathNot: '^src/apps/public/' },
    },
    {
      name: 'drivers-import-types-only',
      comment: 'They run wherever they are installed, with Nodepool beside them or not.',
      severity: 'error',
      from: { path: '^drivers/' },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-knows-no-driver',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^drivers/|client-node' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'default'] },
  },
};
