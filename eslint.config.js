import tseslint from 'typescript-eslint';

/** Time, timers, processes, the network and chance: their home is `adapters/system`, all else has ports for them. */
const globals = [
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
/** The same under the names of modules. A turn of the event loop is no time: adapters may wait for one. */
const modules = [
  { name: 'node:timers', allowImportNames: ['setImmediate'] },
  { name: 'node:timers/promises' },
  { name: 'node:process', allowImportNames: ['nextTick'] },
  { name: 'node:perf_hooks' },
];
const properties = [
  { object: 'Math', property: 'random' },
  { object: 'AbortSignal', property: 'timeout' },
];
/** Adapters read and write times as text; what they may not do is to look at the clock. */
const clock = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
];
const message =
  'Time, timers, processes, the network and chance come through ports; exceptions are in eslint.config.js, each with its reason.';

/** One of each is enough: they are in `domain/config/value-equality.ts` and `domain/model/group-by.ts`. */
const SECOND = '^(sameValues?|isSameValue|equalValues?|valuesEqual|deepEquals?|is(Deep)?Equal|group(ed)?By)$';
const duplicates = ['FunctionDeclaration[id.name=', 'VariableDeclarator[id.name=', 'MethodDefinition[key.name='].map(
  (start) => ({
    selector: `${start}/${SECOND}/]`,
    message: 'There are sameValue (domain/config/value-equality.ts) and groupBy (domain/model/group-by.ts) already.',
  }),
);

/**
 * @param may what is allowed all the same
 * @param one may there be functions of the names in `SECOND`?
 */
function restrictions(may, one = false) {
  const forbidden = (name) => !may.includes(name);
  return {
    'no-restricted-globals': ['error', ...globals.filter(forbidden).map((name) => ({ name, message }))],
    'no-restricted-imports': [
      'error',
      { paths: modules.filter(({ name }) => forbidden(name)).map((module) => ({ ...module, message })) },
    ],
    'no-restricted-properties': [
      'error',
      ...properties
        .filter(({ object, property }) => forbidden(`${object}.${property}`))
        .map((restricted) => ({ ...restricted, message })),
    ],
    'no-restricted-syntax': [
      'error',
      ...(forbidden('the clock') ? clock.map((selector) => ({ selector, message })) : []),
      ...(one ? [] : duplicates),
    ],
  };
}

const inAdapters = ['Date'];

/** Where the technology itself is this process, its time or its network. A test sees to it that each is needed. */
export const exceptions = [
  {
    why: 'It is about this very process, before and after everything else: its number, arguments and streams. Nothing but its timer keeps a process alive that waits for a pid file.',
    files: [
      'src/adapters/daemon/detach.ts',
      'src/adapters/daemon/detached-start.ts',
      'src/adapters/daemon/living-process.ts',
      'src/adapters/daemon/pid-file.ts',
    ],
    may: ['process', 'performance', 'node:timers/promises'],
  },
  {
    why: 'It shows what this very process does; its samples are of the real event loop.',
    files: ['src/adapters/diagnostics/cpu-profile.ts', 'src/adapters/diagnostics/runtime-facts.ts'],
    may: ['process', 'the clock', 'node:timers/promises', 'node:perf_hooks'],
  },
  {
    why: 'A thread of its own watches the real event loop; on virtual time there would be nothing to watch.',
    files: [
      'src/adapters/watchdog/main-thread-stack.ts',
      'src/adapters/watchdog/main-thread-watchdog.ts',
      'src/adapters/watchdog/watchdog-thread.ts',
    ],
    may: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'the clock'],
  },
  {
    why: 'systemd asks for signs of life of this very process, at real times.',
    files: ['src/adapters/systemd/service-notifier.ts'],
    may: ['process', 'setInterval'],
  },
  {
    why: 'The log is there before all ports and after them: it has its own time, and waits for slow readers while the process ends.',
    files: [
      'src/adapters/pino/pino-logger.ts',
      'src/adapters/pino/config/read-log-config.ts',
      'src/adapters/pino/format/record-attributes.ts',
      'src/adapters/pino/sinks/stream-sink.ts',
    ],
    may: ['process', 'performance', 'setTimeout', 'clearTimeout', 'the clock'],
  },
  {
    why: 'It is the HTTP client; whoever waits for an answer waits in real time.',
    files: ['src/adapters/http-client/api-connection.ts', 'src/adapters/http-client/http-launcher-opinions.ts'],
    may: ['fetch', 'setTimeout', 'clearTimeout', 'AbortSignal.timeout'],
  },
  {
    why: 'Programs of the host that hang are left alone after real seconds; nothing runs yet that would have a clock.',
    files: ['src/adapters/host-survey/host-survey.ts'],
    may: ['AbortSignal.timeout'],
  },
  {
    why: 'Files belong to processes: a socket is made under a umask, the owner of a lock is a number and alive or not.',
    files: ['src/adapters/http/api/unix-socket.ts', 'src/adapters/level/store-lock.ts'],
    may: ['process'],
  },
  {
    why: "Code of others runs in this very process: its errors that nobody catches are the process's events, and the time it blocks is real.",
    files: ['src/apps/plugins/containment/driver-code.ts'],
    may: ['process', 'performance'],
  },
  {
    why: "A process is kept alive by real timers only; those of a driver's clock do not.",
    files: ['src/apps/driver-kit/run-checks.ts'],
    may: ['setInterval', 'clearInterval'],
  },
  {
    why: 'KUBECONFIG and HOME: the interface of drivers hands over no environment.',
    files: ['drivers/kubernetes/src/client/kube-access.ts', 'drivers/kubernetes/src/nodes/provider-base.ts'],
    may: ['process'],
  },
];

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
    files: ['src/**', 'drivers/*/src/**'],
    rules: {
      complexity: ['error', 11],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['src/**', 'drivers/*/src/**'], rules: restrictions(inAdapters) },
  {
    // What is simulated knows times as numbers only.
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
    rules: restrictions([]),
  },
  ...exceptions.map(({ files, may }) => ({ files, rules: restrictions([...inAdapters, ...may]) })),
  {
    files: ['src/domain/config/value-equality.ts', 'src/domain/model/group-by.ts'],
    rules: restrictions([], true),
  },
  {
    files: ['src/adapters/system/**', 'src/apps/main/**'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-imports': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...duplicates],
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
