import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  imageOfVolume,
  imageVolumeName,
  machineNames,
  machineUuid,
  machineVolume,
  ownerMark,
} from '../../../src/adapters/libvirt/names.js';

const ODD = fc.constantFrom(...'aZ09_-~. /\n\0', 'ü', '💥');
const owner = { installation: 'a', provider: 'rack-one' };

describe('names of machines and volumes', () => {
  it('[V8] are the same for one node of one installation, and for no other', () => {
    const names = machineNames('inst/rack-one/0000000042', 'rack-one', '0000000042');
    expect(machineNames('inst/rack-one/0000000042', 'rack-one', '0000000042')).toEqual(names);
    expect(names.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(names.domain).toBe(`np-rack-one-0000000042-${names.uuid.slice(0, 8)}`);
    expect(machineUuid('other/rack-one/0000000042')).not.toBe(names.uuid);
  });

  it('[V3] say whose volume it is, whatever the node is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20, unit: ODD }), (nodeId) => {
        const { disk, drive, uuid } = machineNames(`x/${nodeId}`, 'p', nodeId);
        expect(disk).toMatch(/^[\w.~-]+$/);
        expect(machineVolume(disk)).toEqual({ nodeId, uuid });
        expect(machineVolume(drive)).toEqual({ nodeId, uuid });
      }),
    );
  });

  it('[V1] of images hold build and upload, and fit a file name', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: ODD }), fc.string({ maxLength: 15 }), (name, upload) => {
        const volume = imageVolumeName(owner, {
          name,
          upload,
          build: '0123456789abcdef0123456789abcdef',
          format: 'raw',
        });
        expect(volume.length).toBeLessThanOrEqual(255);
        expect(volume).toMatch(/^[A-Za-z0-9_][\w.~-]*$/);
        expect(imageOfVolume(volume)).toMatchObject({
          build: '0123456789abcdef0123456789abcdef',
          upload,
          format: 'raw',
        });
      }),
    );
    expect(ownerMark(owner)).not.toBe(ownerMark({ ...owner, installation: 'b' }));
    expect(imageOfVolume('somebodys-disk.qcow2')).toBeUndefined();
  });
});
