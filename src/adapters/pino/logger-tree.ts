import { isWithin } from './log-handler.js';
import type { LogHandler } from './log-handler.js';

/** What is configured for one logger by name; the root's name is empty. */
export interface LoggerNode {
  /** 0: that of the logger above; for the root: everything. */
  readonly level: number;
  readonly handlers: readonly LogHandler[];
  /** Do the handlers of the loggers above get its records too? */
  readonly propagate: boolean;
  /** See `LogHandlerOptions`; for records of this very logger only. */
  readonly filters: readonly string[];
}

/** What that comes to for a logger. */
export interface EffectiveLogger {
  readonly level: number;
  readonly handlers: readonly LogHandler[];
}

/** Python's: what the root has if nobody says otherwise. */
export const ROOT_LEVEL = 30;
const NOBODY: EffectiveLogger = { level: Infinity, handlers: [] };

/** Python's tree of loggers: levels are inherited, records rise to the handlers of all loggers above. */
export class LoggerTree {
  private readonly effective = new Map<string, EffectiveLogger>();

  constructor(private readonly nodes: ReadonlyMap<string, LoggerNode>) {}

  /** Names are few and are kept: they come from the program and from the configuration. */
  get(name: string): EffectiveLogger {
    const known = this.effective.get(name);
    if (known) return known;
    const found = this.resolve(name);
    this.effective.set(name, found);
    return found;
  }

  private resolve(name: string): EffectiveLogger {
    const own = this.nodes.get(name);
    if (own && !own.filters.every((filter) => isWithin(name, filter))) return NOBODY;
    const handlers: LogHandler[] = [];
    let level = 0;
    let rising = true;
    for (const node of this.upwards(name)) {
      if (level === 0) level = node.level;
      if (rising) handlers.push(...node.handlers);
      rising &&= node.propagate;
    }
    return { level: level === 0 && !this.nodes.has('') ? ROOT_LEVEL : level, handlers };
  }

  private *upwards(name: string): Iterable<LoggerNode> {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const node = this.nodes.get(at);
      if (node) yield node;
    }
    const root = this.nodes.get('');
    if (root) yield root;
  }
}
