import type { ProviderConfig } from '../../domain/config/config.js';
import { LIBVIRT_DRIVER } from '../../domain/config/libvirt.js';
import type { Driver, DriverContext } from '../../ports/compute/driver.js';
import type { Provider } from '../../ports/compute/provider.js';
import type { ChildPrograms } from '../../ports/runtime/child-programs.js';
import type { Clock } from '../../ports/runtime/clock.js';
import { IsoMaker } from './iso-maker.js';
import { LibvirtProvider } from './libvirt-provider.js';
import { VirshShare } from './virsh/virsh-share.js';

/** Of our own environment: what virsh, and the ssh that it may start, need to find their way. */
const INHERITED = /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|XDG_[A-Z_]+|LIBVIRT_[A-Z_]+|KRB5[A-Z_]*)$/;

/** The driver `libvirt`: real machines on own hosts (docs/spec/libvirt.md). */
export class LibvirtDriver implements Driver {
  readonly name = LIBVIRT_DRIVER;
  readonly capabilities = { images: true, quota: true, leaks: true, zones: false, console: true };
  private readonly share: VirshShare;
  private readonly isos: IsoMaker;

  /** @param environment of this process */
  constructor(programs: ChildPrograms, environment: Readonly<Record<string, string>>, clock: Clock) {
    const inherited = Object.entries(environment).filter(([name]) => INHERITED.test(name));
    // Messages are read: they have to be in one language. virsh itself must not draw on a terminal.
    const env = { ...Object.fromEntries(inherited), LC_ALL: 'C', TERM: 'dumb' };
    this.share = new VirshShare({ programs, env, clock });
    this.isos = new IsoMaker(programs, env);
  }

  createProvider(config: ProviderConfig, context: DriverContext): Provider {
    return new LibvirtProvider(config, context, this.share, this.isos);
  }
}
