import { homedir } from 'node:os';
import path from 'node:path';
import type { OptionSpec, ProgramSpec } from '../../adapters/cli/program-spec.js';
import { HELP_OPTION, VERSION_OPTION } from '../../adapters/cli/program-spec.js';
import type { Values } from '../../adapters/cli/parsed-values.js';
import { parseArguments } from '../../adapters/cli/parse-arguments.js';
import { packageVersion } from './version.js';

/** What the command lines of the daemons have in common (OPERATION "Daemon usage"). Paths are absolute. */
export interface DaemonArguments {
  readonly configPath: string;
  readonly securePath: string | null;
  readonly foreground: boolean;
  readonly debug: boolean;
  readonly logConfigPath: string | null;
  readonly pidFile: string;
  readonly values: Values;
}

/** @param own options after the common ones */
export function daemonProgram(
  name: string,
  description: string,
  pidFile: string,
  own: readonly OptionSpec[],
): ProgramSpec {
  const config = '/etc/nodepool/nodepool.yaml';
  return {
    name,
    description,
    options: [
      HELP_OPTION,
      { flag: '-l', metavar: 'LOGCONFIG', help: 'path to log config file (default: None)' },
      VERSION_OPTION,
      { flag: '-p', metavar: 'PIDFILE', help: `path to pid file (default: ${pidFile})` },
      { flag: '-d', help: 'do not run as a daemon with debug logging (default: False)' },
      { flag: '-f', help: 'do not run as a daemon (default: False)' },
      { flag: '-c', metavar: 'CONFIG', help: `path to config file (default: ${config})` },
      { flag: '-s', metavar: 'SECURE', help: 'path to secure file (default: None)' },
      ...own,
    ],
    commands: [],
  };
}

/** The options of the command line; or prints help, version or a complaint and answers the exit status. */
export function readOptions(program: ProgramSpec): Values | number {
  const parsed = parseArguments(program, process.argv.slice(2), `Nodepool version: ${packageVersion()}`);
  if (parsed.kind === 'run') return parsed.options;
  if (parsed.kind === 'usage') {
    process.stderr.write(parsed.text);
    return 2;
  }
  process.stdout.write(parsed.text);
  return parsed.exitCode;
}

/** As `readOptions`, with the options that all daemons have. @param folder that relative paths count from */
export function readDaemonArguments(program: ProgramSpec, pidFile: string, folder: string): DaemonArguments | number {
  const options = readOptions(program);
  if (typeof options === 'number') return options;
  const text = (flag: string): string | null => {
    const value = options.get(flag);
    return typeof value === 'string' ? path.resolve(folder, expandHome(value)) : null;
  };
  return {
    configPath: text('-c') ?? '/etc/nodepool/nodepool.yaml',
    securePath: text('-s'),
    foreground: options.has('-f') || options.has('-d') || options.has('--demo'),
    debug: options.has('-d'),
    logConfigPath: text('-l'),
    pidFile: text('-p') ?? pidFile,
    values: options,
  };
}

/** `~` is the home of the user, as in the original. */
function expandHome(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}

/** A positive whole number, or the default. @throws Error naming the option */
export function countOption(values: Values, flag: string, fallback: number): number {
  const text = values.get(flag);
  if (typeof text !== 'string') return fallback;
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`argument ${flag}: invalid int value: '${text}'`);
}
