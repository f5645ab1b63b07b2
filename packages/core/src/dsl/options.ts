/** The trailing options of the DSL's methods. */
import type { ByteWriter, EngineChoice, Serde } from '@millrace/state'
import type { RecordContext } from '../record.js'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import type { StoreBuilder } from '../processor/stores.js'
import type { OffsetReset, Optimization, Partitioner, TimestampExtractor } from '../topology/topology.js'

/**
 * A serde that can write every `T`; a serde of a wider type will do. Null never reaches it.
 * `write` is a property here, so that a serde of a narrower type is refused.
 */
export type SerdeFor<T> = Serde<any> & { readonly write: (value: NonNullable<T>, out: ByteWriter) => void }

/** A name for the node, instead of a generated one. Kafka's `Named`. */
export interface NamedOptions {
  /** The node's name instead of a generated one: 1 to 249 of `a-z A-Z 0-9 . _ -`. */
  readonly name?: string
}

/** For operators that change values only. */
export interface ValueOptions<V> extends NamedOptions {
  /** For where the values are next written: a repartition topic, a store, `to`. */
  readonly value?: Serde<V>
}

/** For operators that change keys only. */
export interface KeyOptions<K> extends NamedOptions {
  /** For where the keys are next written: a repartition topic, a store, `to`. */
  readonly key?: Serde<K>
}

/** A name and the serdes from here on. */
export interface KeyValueOptions<K, V> extends KeyOptions<K>, ValueOptions<V> {}

/** Options of a source; both serdes are required. Kafka's `Consumed`. */
export interface SourceOptions<K, V> extends NamedOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default: the record's own timestamp. */
  readonly timestampExtractor?: TimestampExtractor
  /** Where to start in partitions without a committed offset. Default: `earliest`. */
  readonly offsetReset?: OffsetReset
}

/** Where the entries of a store are. */
export interface EngineOptions {
  /**
   * What the entries lie in: `memory`, from where a start restores them out of the changelog; `level`, which survives a restart; or an
   * engine of your own. Default: the application's `stateEngine`. Kafka's `Materialized.withStoreType`, and its suppliers.
   */
  readonly engine?: EngineChoice
}

/** How a table or an aggregation is stored. Kafka's `Materialized`. */
export interface StoreOptions extends EngineOptions {
  /** The store's name, under which queries find it; without it, a generated one. */
  readonly store?: string
  /** Hold updates back until a commit, so that only the newest of a key passes on. Default: true. */
  readonly caching?: boolean
  /** Keep a changelog topic, so that the store can move and be restored; an object configures it. Default: true. */
  readonly logging?: boolean | Readonly<Record<string, string>>
  /**
   * Keep what each key's value was in the last so many ms of the times seen, for joins as of a record's time. A record
   * that is older than its key's newest then no longer replaces it, and one older than this is dropped. Needs a `store`
   * name; nothing is held back. Kafka's `Stores.persistentVersionedKeyValueStore`. Default: no history.
   */
  readonly historyMs?: number
  /**
   * Keep so many rows in each task, from 1: one more, and that which was not read or put for longest is deleted, here and in the
   * changelog; nothing passes on of that. Where updates are held back, it is deleted after they have passed on. Not with
   * `historyMs`. Kafka's `Stores.lruMap`. Default: all rows.
   */
  readonly maxEntries?: number
}

/** Options of `StreamsBuilder.table`. */
export interface TableOptions<K, V> extends SourceOptions<K, V>, StoreOptions {}

/** How a global store's topic is read: always from its start, and with the records' own timestamps. */
export interface GlobalStoreOptions<K, V> extends NamedOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Options of `StreamsBuilder.globalTable`. */
export interface GlobalTableOptions<K, V> extends GlobalStoreOptions<K, V>, EngineOptions {
  /** The store's name, under which queries find it; without it, a generated one. */
  readonly store?: string
}

/**
 * For a table made from others: it has a store of its own if `store` names one. A join's result has one too if any other
 * option than `name` is given, as where Java is given a `Materialized`.
 */
export interface DerivedTableOptions<V> extends StoreOptions, ValueOptions<V> {}

/** Options of a foreign-key join: a table of its own with a store if `store` names one. Kafka's `TableJoined` and `Materialized`. */
export interface ForeignKeyJoinOptions<K, KO, R> extends DerivedTableOptions<R> {
  /** Returns the partition of this table's keys, from 0, where its topic is not partitioned by murmur2 of the key's bytes. */
  readonly partitioner?: (key: K, partitionCount: number) => number
  /** The same of the other table. */
  readonly otherPartitioner?: (foreignKey: KO, partitionCount: number) => number
}

/** Options of `KTable.suppress`: the serdes of what is held back, where the table's own are not known. */
export interface SuppressOptions<K, V> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** Options of `KTable.groupBy`: rows get new keys and values, which go through a repartition topic. */
export interface TableGroupByOptions<K, V> extends NamedOptions {
  /** The serde of the groups' keys. */
  readonly key: Serde<K>
  /** The serde of the rows' values in their groups. */
  readonly value: Serde<V>
}

/** Options of `KStream.toTable`. */
export interface ToTableOptions<K, V> extends KeyValueOptions<K, V>, StoreOptions {}

/** Options of `to`. Kafka's `Produced`. */
export interface SinkOptions<K, V> extends NamedOptions {
  /** Default: the stream's own serde, where it is known. */
  readonly key?: SerdeFor<K>
  readonly value?: SerdeFor<V>
  /** Default: murmur2 of the key's bytes, as Java's producer. */
  readonly partitioner?: Partitioner<K, V>
}

/** Chooses a topic for each record. */
export type TopicSelector<K, V> = (key: K, value: V, context: RecordContext) => string

/** Options of `repartition`. Kafka's `Repartitioned`. */
export interface RepartitionOptions<K, V> extends KeyValueOptions<K, V> {
  /** Partition count of the topic. Default: the largest count among the topics that feed it. */
  readonly partitions?: number
  readonly partitioner?: Partitioner<K, V>
}

/** Options of `groupBy`: the new key's serde is required, the value's where it is not known from above. */
export interface GroupByOptions<K, V> extends NamedOptions {
  /** The new key's serde: grouping by a new key writes a repartition topic. */
  readonly key: Serde<K>
  /** The value's serde for that topic, where the stream's own is not known. `count` does without. */
  readonly value?: Serde<V>
}

/** Options of `count`. */
export type CountOptions<K> = KeyOptions<K> & StoreOptions

/** Options of `reduce` of a grouped table. */
export interface TableReduceOptions<K, V> extends KeyValueOptions<K, V>, StoreOptions {}

/** Options of `reduce`. */
export interface ReduceOptions<K, V> extends TableReduceOptions<K, V> {
  /** Any grouping of the values gives the same result, so that they may be combined before they are repartitioned. */
  readonly associative?: boolean
}

/** Options of `aggregate` of a grouped table; the aggregate's serde is required, since nothing else tells it. */
export interface TableAggregateOptions<K, A> extends KeyOptions<K>, StoreOptions {
  /** The aggregate's serde. */
  readonly value: Serde<A>
}

/** Options of `aggregate`. */
export interface AggregateOptions<K, A> extends TableAggregateOptions<K, A> {
  /**
   * Makes one aggregate of two over different values: values may then be aggregated before they are repartitioned.
   * `merge(initializer(), a)` must equal `a`, and the aggregator must not return null.
   */
  readonly merge?: (aggregate: A, other: A) => A
}

/** How a windowed aggregation is stored: its store forgets with age. */
export interface WindowStoreOptions extends Omit<StoreOptions, 'historyMs' | 'maxEntries'> {
  /**
   * How long the store keeps windows behind the newest time it has seen, in ms: for queries, and for records that come
   * late. Default and least: what the windows and their grace need. Kafka's `Materialized.withRetention`.
   */
  readonly retentionMs?: number
}

/** Options of a windowed `count`. */
export type WindowCountOptions<K> = KeyOptions<K> & WindowStoreOptions

/** Options of a windowed `reduce`. */
export interface WindowReduceOptions<K, V> extends KeyValueOptions<K, V>, WindowStoreOptions {}

/** Options of a windowed `aggregate`; the aggregate's serde is required, since nothing else tells it. */
export interface WindowAggregateOptions<K, A> extends KeyOptions<K>, WindowStoreOptions {
  /** The aggregate's serde. */
  readonly value: Serde<A>
}

/** Options of a stream-table join: `key` and `value` are of the stream, for its repartition topic; `result` of what the joiner returns. */
export interface JoinOptions<K, V, R> extends NamedOptions {
  /** The stream's serdes, for its repartition topic, where the stream's own are not known. */
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  /** The serde of the joined values, for where they are next written. */
  readonly result?: Serde<R>
  /**
   * Wait until stream time is so many ms past a record before it is joined, so that a row that comes late is found. The
   * table must have a history at least as long. Kafka's `Joined.withGracePeriod` (KIP-923). Default: join at once.
   */
  readonly graceMs?: number
}

/** Options of a join with a global table. */
export interface GlobalJoinOptions<R> extends NamedOptions {
  /** The serde of the joined values, for where they are next written. */
  readonly result?: Serde<R>
}

/** The stores that an operator of user code is connected to. */
export interface ConnectedStoreOptions {
  /** Builders, which need not be added to the topology beforehand, or names of stores that it has. */
  readonly stores?: readonly (StoreBuilder | string)[]
}

/** Options of `process`; the serdes are of what the processor forwards. */
export interface ProcessOptions<K, V> extends KeyValueOptions<K, V>, ConnectedStoreOptions {}

/** Options of `processValues`. */
export interface ProcessValuesOptions<V> extends ValueOptions<V>, ConnectedStoreOptions {}

/** Options of `KTable.transformValues`. */
export interface TransformValuesOptions<V> extends DerivedTableOptions<V>, ConnectedStoreOptions {}

/** Options of `print`. Kafka's `Printed`. */
export interface PrintOptions<K, V> extends NamedOptions {
  /** What stands in brackets before each record. Default: the name of the node above. */
  readonly label?: string
  /** The text of a record. Default: key and value as `String` gives them, with a comma between. */
  readonly format?: (key: K, value: V) => string
  /** Where the lines go. Default: `process.stdout`. */
  readonly output?: { write(text: string): unknown }
}

/** Options of a stream-stream join: `key` is of both streams, `value` of this one. Kafka's `StreamJoined`. */
export interface StreamJoinOptions<K, V, VO, R> extends NamedOptions, EngineOptions {
  /** The serdes with which both streams are stored, and repartitioned, where their own are not known. */
  readonly key?: Serde<K>
  readonly value?: Serde<V>
  /** The other stream's. */
  readonly otherValue?: Serde<VO>
  /** The serde of the joined values, for where they are next written. */
  readonly result?: Serde<R>
  /** What the names of the join's stores begin with; without it, generated names. */
  readonly store?: string
  /** Keep changelog topics of the stores, so that they can move and be restored; an object configures them. Default: true. */
  readonly logging?: boolean | Readonly<Record<string, string>>
}

/** Options of one branch of a split. */
export interface BranchOptions<K, V> {
  /** Glued to the split's name; default: the branch's number from 1, 0 for the default branch. */
  readonly name?: string
  /** Continues the branch on the spot; what it returns is listed in its place, or nothing if it returns nothing. */
  readonly chain?: (stream: import('./kstream.js').KStream<K, V>) => import('./kstream.js').KStream<K, V> | void
}

/** Options of `StreamsBuilder.build`. */
export interface BuildOptions {
  /** Which optimizations to make. Default: none. */
  readonly optimization?: 'all' | readonly Optimization[]
  /** What to put around each processor and operator. Kafka's `processor.wrapper.class`. Default: nothing. */
  readonly processorWrapper?: ProcessorWrapper
  /**
   * Refuses a topology with a store or a repartition topic whose name is generated (`TOPOLOGY_UNNAMED`): such names change with
   * the operators before them. Kafka's `ensure.explicit.internal.resource.naming` (KIP-1111). Default: false.
   */
  readonly ensureExplicitInternalResourceNaming?: boolean
}
