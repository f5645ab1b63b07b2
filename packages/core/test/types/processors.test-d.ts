/** Compile-only: processors and their stores are typed without a cast. */
import { expectTypeOf } from 'expect-type'
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type KeyValueStore,
  type KStream,
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  StreamsBuilder,
  type StreamRecord,
  type Windowed,
  type WindowStore
} from '@millrace/core'

const text = { key: serdes.string(), value: serdes.string() }
const counts = stores.keyValue('counts', { key: serdes.string(), value: serdes.int64() })
const clicks = stores.window('clicks', {
  key: serdes.string(),
  value: serdes.int64(),
  windowSizeMs: 1,
  retentionMs: 9
})
const visits = stores.session('visits', { key: serdes.string(), value: serdes.int64(), retentionMs: 9 })
const lines = new StreamsBuilder().stream('lines', text)

class Lengths implements Processor<string, string, string, number> {
  #context!: ProcessorContext<string, number>

  init(context: ProcessorContext<string, number>): void {
    this.#context = context
    expectTypeOf(context.store(counts)).toEqualTypeOf<KeyValueStore<string, number>>()
    // @ts-expect-error the store has numbers
    context.store(counts).put('a', 'b')
    expectTypeOf(context.store(clicks).fetch('a', 0)).toEqualTypeOf<number | undefined>()
    expectTypeOf(context.store(clicks).fetch('a', 0, 9)).toEqualTypeOf<[number, number][]>()
    expectTypeOf(context.store(visits).fetch('a')).toEqualTypeOf<[Windowed<string>, number][]>()
    expectTypeOf(context.store<WindowStore<string, number>>('clicks')).toEqualTypeOf<WindowStore<string, number>>()
  }

  process(record: StreamRecord<string, string>): void {
    this.#context.forward({ ...record, value: record.value.length })
    // @ts-expect-error it forwards numbers
    this.#context.forward(record)
  }
}

expectTypeOf(lines.process(() => new Lengths(), { stores: [counts] })).toEqualTypeOf<KStream<string, number>>()
// @ts-expect-error the serde is of strings, what is forwarded are numbers
lines.process(() => new Lengths(), { value: serdes.string() })
const numbers = new StreamsBuilder().stream('numbers', { key: serdes.string(), value: serdes.int64() })
// @ts-expect-error the processor wants strings
numbers.process(() => new Lengths())

class ValueLengths implements FixedKeyProcessor<string, string, number> {
  #context!: FixedKeyProcessorContext<string, number>

  init(context: FixedKeyProcessorContext<string, number>): void {
    this.#context = context
  }

  process(record: Parameters<FixedKeyProcessor<string, string>['process']>[0]): void {
    this.#context.forward(record.withValue(record.value.length))
    // @ts-expect-error a record with another key cannot be made of it
    this.#context.forward({ ...record, key: 'other', value: 1 })
  }
}

expectTypeOf(lines.processValues(() => new ValueLengths())).toEqualTypeOf<KStream<string, number>>()
