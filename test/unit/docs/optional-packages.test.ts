import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './documents.js';

const { optionalDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

describe('a package that is optional', () => {
  it.each(Object.keys(optionalDependencies))('%s is needed neither to build nor to start', (name) => {
    const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    // A type, too, is not there for a compiler that runs without the package.
    const asks = new RegExp(`(?:from|import\\()\\s*'${name}'`);
    expect(files.filter((file) => asks.test(readFileSync(path.join(ROOT, 'src', file), 'utf8')))).toEqual([]);
  });
});
