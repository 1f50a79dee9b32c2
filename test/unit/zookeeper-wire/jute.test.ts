import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../../src/adapters/zookeeper/wire/frame-splitter.js';
import { JuteReader, MalformedMessageError } from '../../../src/adapters/zookeeper/wire/jute-reader.js';
import { JuteWriter } from '../../../src/adapters/zookeeper/wire/jute-writer.js';

describe('jute', () => {
  it('reads back what was written, whatever it is', () => {
    const values = fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      flag: fc.boolean(),
      text: fc.string({ unit: 'binary' }),
      bytes: fc.uint8Array({ maxLength: 50 }),
      texts: fc.array(fc.string(), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(values, ({ int, long, flag, text, bytes, texts }) => {
        const frame = new JuteWriter(1).int(int).long(long).bool(flag).text(text).bytes(bytes).texts(texts).frame();
        expect(frame.readInt32BE(0)).toBe(frame.length - 4);
        const reader = new JuteReader(frame.subarray(4));
        expect([reader.int(), reader.long(), reader.bool(), reader.text()]).toEqual([int, long, flag, text]);
        expect([...reader.bytes()]).toEqual([...bytes]);
        expect(reader.texts()).toEqual(texts);
        expect(reader.remaining).toBe(0);
      }),
    );
    // Making up texts of all kinds takes a while on a busy machine.
  }, 30_000);

  it('writes no bytes as length 0, not as null', () => {
    expect([...new JuteWriter().bytes(new Uint8Array()).frame()]).toEqual([0, 0, 0, 4, 0, 0, 0, 0]);
  });

  it('reads null as nothing', () => {
    const reader = new JuteReader(Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]));
    expect([reader.bytes().length, reader.text(), reader.texts()]).toEqual([0, '', []]);
  });

  it('reads longs up to the precision of numbers', () => {
    const reader = new JuteReader(
      new JuteWriter()
        .long(2n ** 53n - 1n)
        .long(0x1_0000_0001n)
        .frame()
        .subarray(4),
    );
    expect([reader.number(), reader.number()]).toEqual([Number.MAX_SAFE_INTEGER, 0x1_0000_0001]);
  });

  it('refuses garbage instead of reading over the end, and reserves nothing for it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const reader = new JuteReader(Buffer.from(noise));
        try {
          for (;;) {
            reader.texts();
            reader.bytes();
            reader.int();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
    );
    expect(() => new JuteReader(Buffer.from([127, 255, 255, 255])).texts()).toThrow(MalformedMessageError);
  });
});

describe('frames', () => {
  it('come out whole and in order, in whatever pieces they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        fc.array(fc.integer({ min: 1, max: 50 })),
        (bodies, cuts) => {
          const stream = Buffer.concat(
            bodies.map((body) => {
              const length = Buffer.alloc(4);
              length.writeInt32BE(body.length);
              return Buffer.concat([length, body]);
            }),
          );
          const seen: string[] = [];
          const splitter = new FrameSplitter();
          let at = 0;
          for (let turn = 0; at < stream.length; turn += 1) {
            const end = at + (cuts[turn % Math.max(1, cuts.length)] ?? 7);
            splitter.add(stream.subarray(at, end), (frame) => seen.push(frame.toString('hex')));
            at = end;
          }
          expect(seen).toEqual(bodies.map((body) => Buffer.from(body).toString('hex')));
          expect(splitter.halfway).toBe(false);
        },
      ),
    );
  });

  it('of a senseless length end the connection', () => {
    const splitter = new FrameSplitter();
    expect(() => splitter.add(Buffer.from([255, 0, 0, 0, 1]), () => undefined)).toThrow(MalformedMessageError);
    expect(() => new FrameSplitter().add(Buffer.from([127, 255, 255, 255]), () => undefined)).toThrow(/frame of/);
  });
});
