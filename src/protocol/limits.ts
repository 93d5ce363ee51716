// How much a client may say at once, as PROTOCOL.md states it. Numbers only. Bytes are UTF-8; what is JSON inside a frame
// is measured as it would be written without white space.

export const LIMITS = {
  /** A whole hello. */
  helloBytes: 16_384,
  nameBytes: 1_024,
  typeBytes: 256,
  /** Where a server says nothing else. */
  profileBytes: 8_192,
  statusBytes: 256,
  tokenBytes: 8_192,
  dataBytes: 65_536,
  /** Objects and lists inside one another in `profile` and `data`. */
  depth: 64,
  /** Ids in one `watch`, `unwatch` or `ask`. */
  ids: 10_000,
  /** Characters of the `id` of a message. */
  messageIdLength: 64,
  /** Epochs are below. */
  epochs: 2 ** 31,
} as const
