import tseslint from 'typescript-eslint';

const notOutsideSystem = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'process',
  'fetch',
  'performance',
];
const restricted = notOutsideSystem.map((name) => ({
  name,
  message: 'Time, timers, processes and the network come through ports; only adapters and apps/main touch them.',
}));

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '.dist-*/',
      'node_modules/',
      'coverage/',
      'test/fixtures/',
      '*.cjs',
      '*.js',
      'bin/',
      'scripts/',
      'examples/',
      'drivers/*/src/*.js',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './web/tsconfig.json'] } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      complexity: ['error', 15],
      'max-lines': ['error', { max: 400, skipComments: true }],
    },
  },
  {
    files: [
      'src/domain/**',
      'src/ports/**',
      'src/apps/launcher/**',
      'src/apps/builder/**',
      'src/apps/administration/**',
      'src/apps/lease-client/**',
      'src/adapters/records/**',
      'src/adapters/leases/**',
      'src/adapters/memory/**',
      'src/adapters/fake-cloud/**',
    ],
    rules: {
      'no-restricted-globals': ['error', ...restricted],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness comes through the Random port.' },
      ],
    },
  },
  {
    // Plain JavaScript for browsers: its types are in comments, which this rule does not read.
    files: ['web/**'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: ['test/**'],
    rules: { complexity: 'off', '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' },
  },
);
