import type { FakeFault } from '../../../src/adapters/fake-cloud/fake-faults.js';
import type { FakeKnobs } from '../../../src/adapters/fake-cloud/fake-knobs.js';
import type { JobPlan } from '../actors/requestor.js';

/** Something that happens to the system at a moment, by a user's or by nature's hand. */
export type Deed =
  | { readonly do: 'job'; readonly client: string; readonly plan: JobPlan }
  | { readonly do: 'revise'; readonly client: string }
  | { readonly do: 'janitor'; readonly client: string }
  /** SIGKILL, at once or at one of the next calls. */
  | { readonly do: 'kill'; readonly who: string; readonly atCall: AtCall | null; readonly downFor: number }
  | { readonly do: 'stop'; readonly who: string; readonly downFor: number }
  | { readonly do: 'cut'; readonly who: string; readonly atCall: AtCall | null; readonly seconds: number }
  | { readonly do: 'expire'; readonly who: string; readonly atCall: AtCall | null }
  | { readonly do: 'freeze'; readonly who: string; readonly seconds: number }
  | { readonly do: 'clock'; readonly who: string; readonly seconds: number }
  | {
      readonly do: 'cloud';
      readonly cloud: string;
      readonly seconds: number;
      readonly knobs: Partial<FakeKnobs>;
      readonly faults: readonly FakeFault[];
    }
  | { readonly do: 'server'; readonly cloud: string; readonly dice: number; readonly fate: 'gone' | 'broken' }
  | { readonly do: 'foreign-server'; readonly cloud: string; readonly seconds: number }
  | { readonly do: 'max-servers'; readonly provider: string; readonly pool: string; readonly to: number }
  | { readonly do: 'min-ready'; readonly label: string; readonly to: number }
  | { readonly do: 'provider'; readonly provider: string; readonly absentFor: number }
  | { readonly do: 'label'; readonly label: string; readonly absentFor: number }
  | { readonly do: 'garbage'; readonly path: string; readonly text: string }
  | { readonly do: 'stranger'; readonly seconds: number; readonly labels: readonly string[] }
  /** A launcher of Python 3.6 comes and goes. */
  | { readonly do: 'python'; readonly seconds: number; readonly labels: readonly string[] }
  /** A machine that exists by itself does not answer, shows a strange key, or is not in the configuration: for a while, or for good. */
  | {
      readonly do: 'machine';
      readonly host: string;
      readonly port: number;
      readonly fate: 'silent' | 'stranger' | 'absent' | 'removed';
      readonly seconds: number;
    }
  /** The programs of a driver crash. */
  | { readonly do: 'program'; readonly provider: string }
  | { readonly do: 'order'; readonly order: 'delete' | 'hold' | 'release'; readonly dice: number }
  /** All connections break at once, as when the server is restarted; or all sessions end; or every message takes its time. */
  | {
      readonly do: 'store';
      readonly fate: 'restart' | 'expire' | 'slow';
      readonly seconds: number;
      readonly lag: number;
    }
  | { readonly do: 'build-order'; readonly image: string }
  /** The link is dead, and nobody is told: what is sent is lost until the client notices the silence. */
  | { readonly do: 'half-open'; readonly who: string; readonly seconds: number }
  /** The store is lost with everything in it, and begins anew; whoever asks for nodes is started again. */
  | { readonly do: 'wipe' }
  | { readonly do: 'full-disk'; readonly builder: string; readonly seconds: number }
  /** The file on that host cannot be read, or not be understood. */
  | { readonly do: 'broken-config'; readonly who: string; readonly seconds: number }
  /** It dies after so many calls, is started again, and so on. */
  | {
      readonly do: 'crash-loop';
      readonly who: string;
      readonly seconds: number;
      readonly calls: number;
      readonly downFor: number;
    }
  | { readonly do: 'build-failures'; readonly builder: string; readonly times: number };

export interface AtCall {
  readonly calls: number;
  readonly when: 'before' | 'after';
}

export interface Step {
  /** Virtual seconds since the beginning. */
  readonly at: number;
  readonly deed: Deed;
}

export function describeStep({ at, deed }: Step): string {
  const { do: what, ...rest } = deed;
  return `${at.toFixed(1).padStart(8)} s ${what} ${JSON.stringify(rest)}`;
}
