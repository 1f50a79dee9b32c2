/** A lease as answers show it to whoever may see it. Members that this version does not know are not lost: they are kept in `whole`. */
export interface LeaseView {
  readonly id: string;
  readonly state: 'waiting' | 'active' | 'ended';
  /** Null unless ended. */
  readonly outcome: string | null;
  readonly labels: readonly string[];
  readonly holder: string;
  readonly purpose: string | null;
  /** Seconds. */
  readonly ttl: number;
  /** Times are seconds since the epoch; null where the moment has not come. */
  readonly createdAt: number | null;
  readonly expiresAt: number | null;
  readonly endsAt: number | null;
  readonly endedAt: number | null;
  readonly requestId: string | null;
  readonly conditions: readonly LeaseCondition[];
  readonly queue: LeaseQueue | null;
  /** In the order of the labels; empty unless active. */
  readonly nodes: readonly LeasedNode[];
  /** The answer as it came. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/** What a launcher says about it. */
export interface LeaseCondition {
  readonly code: string;
  readonly pool: string | null;
  readonly message: string;
}

export interface LeaseQueue {
  readonly ahead: number | null;
  /** Seconds that half of those like it waited; null: nothing is known. */
  readonly p50: number | null;
}

/** A machine of a lease, and how to get in. */
export interface LeasedNode {
  readonly id: string;
  readonly label: string;
  readonly hostname: string | null;
  readonly interfaceIp: string | null;
  readonly publicIpv4: string | null;
  readonly publicIpv6: string | null;
  readonly privateIpv4: string | null;
  readonly connectionType: string;
  readonly connectionPort: number | null;
  readonly username: string | null;
  /** `<type> <base64>`. */
  readonly hostKeys: readonly string[];
  readonly shellType: string | null;
  readonly pythonPath: string | null;
  readonly provider: string | null;
  readonly region: string | null;
  readonly az: string | null;
  readonly whole: Readonly<Record<string, unknown>>;
}
