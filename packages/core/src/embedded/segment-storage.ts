/** Where a partition's segments keep their bytes: the seam between the log and memory or a directory. */

/** The bytes of one segment: appended at the end, read from anywhere. */
export interface SegmentBytes {
  readonly size: number
  /** Takes `bytes` over: they must not change afterwards. On return they have outlived the process. */
  append(bytes: Buffer): void
  /** At most `length` bytes from `position`; fewer only at the end. Not to be written to. */
  read(position: number, length: number): Buffer
  /** Cuts everything from `size` on. */
  truncate(size: number): void
  /** No appends follow: keeps `summary` beside the bytes once they are safe, so that the next opening need not scan. */
  seal(summary: SegmentSummary): void
  /** What `seal` kept; undefined when there is none or it does not fit the bytes. */
  summary(): SegmentSummary | undefined
  /** Begins other content, which replaces all there is when it is finished. One at a time. */
  replacement(): SegmentReplacement
  /** Resolves once everything appended has reached the disk. */
  flush(): Promise<void>
  /** For messages: the file, or a description. */
  readonly path: string
  close(): void
  remove(): void
}

/** The next content of a segment. */
export interface SegmentReplacement {
  append(bytes: Buffer): void
  /** Brings it to the disk. */
  flush(): Promise<void>
  /** Puts it in place, after `flush`: whole or not at all, also when the process is killed. */
  swap(): void
  /** Gives it up instead. */
  discard(): void
}

export interface SegmentSummary {
  readonly size: number
  /** Whether compaction has been through all of it. */
  readonly compacted: boolean
  readonly maxTimestamp: number
  /** Pairs of a batch's last offset and its position, ascending. */
  readonly index: readonly (readonly [lastOffset: number, position: number])[]
}

/** The segments of one partition. */
export interface SegmentStorage {
  /** Base offsets of the segments there are, ascending. */
  list(): number[]
  open(baseOffset: number): SegmentBytes
  create(baseOffset: number): SegmentBytes
}
