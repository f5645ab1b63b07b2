import { expect } from 'chai'
import fc from 'fast-check'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ByteWriter, decode, encode, latin1, type Serde } from '@millrace/state'
import { presenceSerde } from '../../../dist/serdes/presence.js'
import { serdes } from '../../support/dsl.js'

const hex = <T>(serde: Serde<T>, value: T): string => encode(serde, value).toString('hex')
const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

/** Reads from the middle of a buffer, as records do. */
function roundTrip<T>(serde: Serde<T>, value: T): T {
  const out = new ByteWriter(1)
  out.writeBytes(Buffer.from('before'))
  serde.write(value, out)
  const end = out.length
  out.writeBytes(Buffer.from('after'))
  return serde.read(out.buffer, 6, end)
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

describe('serdes.string', () => {
  it('gives back any well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        expect(roundTrip(serdes.string(), text)).to.equal(text)
      })
    )
  })

  it('writes UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        expect(encode(serdes.string(), text)).to.deep.equal(Buffer.from(text, 'utf8'))
      })
    )
  })

  it('has the latin1 form of its bytes, for texts of any length', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('é'.repeat(256), 'é'.repeat(257), '€'.repeat(300))
    )
    fc.assert(
      fc.property(texts, text => {
        expect(latin1(serdes.string(), text)).to.equal(Buffer.from(text, 'utf8').toString('latin1'))
      })
    )
  })

  it('reads invalid bytes as replacement characters', () => {
    expect(decode(serdes.string(), Buffer.from([0x61, 0xff, 0x62]))).to.equal('a\ufffdb')
  })

  it('refuses what is no string', () => {
    expect(code(() => encode(serdes.string(), 5 as never))).to.equal('SERDE_ENCODE_FAILED')
    expect(code(() => latin1(serdes.string(), undefined as never))).to.equal('SERDE_ENCODE_FAILED')
  })
})

describe('serdes.bytes', () => {
  it('gives back a copy, since the buffer is reused', () => {
    const buffer = Buffer.from([1, 2, 3])
    const read = serdes.bytes().read(buffer, 1, 3)
    buffer.fill(9)
    expect(read).to.deep.equal(Buffer.from([2, 3]))
  })

  it('refuses what is no buffer', () => {
    expect(code(() => encode(serdes.bytes(), 'text' as never))).to.equal('SERDE_ENCODE_FAILED')
  })
})

describe('serdes.int64', () => {
  it('writes the bytes of a Java Long', () => {
    expect(hex(serdes.int64(), 1)).to.equal('0000000000000001')
    expect(hex(serdes.int64(), -1)).to.equal('ffffffffffffffff')
    expect(hex(serdes.int64(), -4_294_967_297)).to.equal('fffffffeffffffff')
    expect(hex(serdes.int64(), Number.MAX_SAFE_INTEGER)).to.equal('001fffffffffffff')
  })

  it('gives back any safe integer, as a bigint would read it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        expect(roundTrip(serdes.int64(), value)).to.equal(value)
        expect(encode(serdes.int64(), value).readBigInt64BE()).to.equal(BigInt(value))
      })
    )
  })

  it('refuses what a number does not hold exactly, both ways', () => {
    for (const value of [2 ** 53, -(2 ** 53), 1.5, NaN, Infinity]) {
      expect(
        code(() => encode(serdes.int64(), value)),
        String(value)
      ).to.equal('SERDE_INT64_UNSAFE')
    }
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(value)
      expect(
        code(() => decode(serdes.int64(), bytes)),
        String(value)
      ).to.equal('SERDE_INT64_UNSAFE')
    }
  })

  it('refuses another number of bytes, and what is no number', () => {
    expect(code(() => decode(serdes.int64(), Buffer.alloc(7)))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => encode(serdes.int64(), 1n as never))).to.equal('SERDE_ENCODE_FAILED')
  })
})

describe('serdes.float64', () => {
  it('writes the bytes of a Java Double and gives back any number', () => {
    expect(hex(serdes.float64(), 1.5)).to.equal('3ff8000000000000')
    fc.assert(
      fc.property(fc.double(), value => {
        expect(roundTrip(serdes.float64(), value)).to.deep.equal(value)
      })
    )
  })

  it('refuses another number of bytes, and what is no number', () => {
    expect(code(() => decode(serdes.float64(), Buffer.alloc(9)))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => encode(serdes.float64(), '1' as never))).to.equal('SERDE_ENCODE_FAILED')
  })
})

describe('serdes.json', () => {
  it('gives back any JSON value, with keys like __proto__', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = JSON.stringify(value)
        expect(JSON.stringify(roundTrip(serdes.json<unknown>(), JSON.parse(text)))).to.equal(text)
      })
    )
    const read = decode(serdes.json<object>(), Buffer.from('{"__proto__":{"admin":true}}'))
    expect(Object.keys(read)).to.deep.equal(['__proto__'])
    expect('admin' in read).to.equal(false)
  })

  it('refuses bytes that are no JSON or no UTF-8, but not a true replacement character', () => {
    expect(code(() => decode(serdes.json(), Buffer.from('{')))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => decode(serdes.json(), Buffer.from([0x22, 0xff, 0x22])))).to.equal('SERDE_DECODE_FAILED')
    expect(decode(serdes.json(), Buffer.from('"\ufffd"'))).to.equal('\ufffd')
  })

  it('refuses values without a JSON form', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    for (const value of [undefined, () => 1, 1n, cyclic, nested(200_000)]) {
      expect(code(() => encode(serdes.json<unknown>(), value))).to.equal('SERDE_ENCODE_FAILED')
    }
  })

  const schema = (validate: StandardSchemaV1.Props<unknown, { amount: number }>['validate']) =>
    ({ '~standard': { version: 1, vendor: 'test', validate } }) satisfies StandardSchemaV1<unknown, { amount: number }>

  it('gives what the schema makes of the value', () => {
    const doubling = schema(value => ({ value: { amount: (value as { amount: number }).amount * 2 } }))
    expect(decode(serdes.json(doubling), Buffer.from('{"amount":2}'))).to.deep.equal({ amount: 4 })
  })

  it('refuses what the schema refuses, naming the place', () => {
    const refusing = schema(() => ({ issues: [{ message: 'not a number', path: ['order', { key: 'amount' }] }] }))
    expect(() => decode(serdes.json(refusing), Buffer.from('{}')))
      .to.throw(/order\.amount: not a number/)
      .with.property('code', 'SERDE_SCHEMA_MISMATCH')
  })

  it('refuses a schema that would have to be waited for', () => {
    const waiting = schema(async () => ({ value: { amount: 1 } }))
    expect(code(() => decode(serdes.json(waiting), Buffer.from('{}')))).to.equal('SERDE_SCHEMA_ASYNC')
  })
})

describe('serdes.msgpack', () => {
  it('gives back any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        expect(JSON.stringify(roundTrip(serdes.msgpack<unknown>(), plain))).to.equal(JSON.stringify(plain))
      })
    )
  })

  it('keeps the key __proto__ as a key, at any depth', () => {
    const value = JSON.parse('{"a":[{"__proto__":{"admin":true}}],"b":"text __proto__"}') as object
    const read = roundTrip(serdes.msgpack<object>(), value)
    expect(JSON.stringify(read)).to.equal(JSON.stringify(value))
    expect('admin' in (read as { a: object[] }).a[0]!).to.equal(false)
  })

  it('writes each value complete in itself', () => {
    const value = { name: 'x', count: 1 }
    encode(serdes.msgpack<object>(), value)
    expect(hex(serdes.msgpack<object>(), value)).to.equal('82a46e616d65a178a5636f756e7401')
  })

  it('reads 64-bit integers as numbers where they are exact', () => {
    expect(decode(serdes.msgpack(), Buffer.from('cf000001f000000000', 'hex'))).to.equal(0x1f0_0000_0000)
    expect(decode(serdes.msgpack(), Buffer.from('cfffffffffffffffff', 'hex'))).to.equal(2n ** 64n - 1n)
  })

  it('refuses bytes that are cut off or left over, and a nesting too deep', () => {
    expect(code(() => decode(serdes.msgpack(), Buffer.from('92', 'hex')))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => decode(serdes.msgpack(), Buffer.from('0101', 'hex')))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => decode(serdes.msgpack(), Buffer.alloc(200_000, 0x91)))).to.equal('SERDE_DECODE_FAILED')
    expect(code(() => encode(serdes.msgpack(), nested(200_000)))).to.equal('SERDE_ENCODE_FAILED')
    expect(decode(serdes.msgpack(), encode(serdes.msgpack(), { still: 'works' }))).to.deep.equal({ still: 'works' })
  })
})

describe('serdes.from', () => {
  const date = serdes.from({
    name: 'date',
    encode: (value: Date) => Buffer.from(value.toISOString()),
    decode: bytes => new Date(bytes.toString())
  })

  it('makes a serde of two functions', () => {
    expect(roundTrip(date, new Date(5))).to.deep.equal(new Date(5))
    expect(date.name).to.equal('date')
  })

  it('lends its decoder bytes it may keep', () => {
    const keep = serdes.from({ name: 'keep', encode: (value: Buffer) => value, decode: bytes => bytes })
    const buffer = Buffer.from([1])
    const read = decode(keep, buffer)
    buffer[0] = 2
    expect(read[0]).to.equal(1)
  })

  it('turns what the functions throw into errors with the serde and the cause', () => {
    const failing = serdes.from<string>({
      name: 'failing',
      encode: () => {
        throw new RangeError('too deep')
      },
      decode: () => {
        throw new RangeError('too deep')
      }
    })
    expect(() => encode(failing, ''))
      .to.throw(/failing.*too deep/)
      .with.property('code', 'SERDE_ENCODE_FAILED')
    expect(() => decode(failing, Buffer.alloc(0)))
      .to.throw(/failing.*too deep/)
      .with.property('code', 'SERDE_DECODE_FAILED')
    const empty = serdes.from<string>({ name: 'empty', encode: () => undefined as never, decode: () => '' })
    expect(code(() => encode(empty, ''))).to.equal('SERDE_ENCODE_FAILED')
  })
})

describe('the presence serde', () => {
  it('writes nothing and reads anything as present', () => {
    expect(encode(presenceSerde, { any: 'thing' }).length).to.equal(0)
    expect(decode(presenceSerde, Buffer.from('bytes of a Java program'))).to.equal(true)
  })
})
