// Reads server frames out of a byte stream, only as far as counting needs it: kind and length of the frame and two
// bytes of its payload. Payloads are skipped, never gathered, so a list of several megabytes costs what ten bytes cost.

/** Where the payloads of `systole.v1` have the first letter of their type: `{"t":"snapshot",…`. */
export const LETTER_AT = 6

/** What is kept of one stream between two chunks. */
export interface FrameState {
  /** Payload bytes still to come of the frame that began. */
  missing: number
  opcode: number
  first: number
  /** Payload byte at `LETTER_AT`; 0 where the payload is shorter. */
  letter: number
  /** Of the whole payload. */
  length: number
  /** An incomplete header. */
  rest: Buffer | null
}

/** Told of every complete frame: its opcode (0-15). The state has the rest; `first` is 0 where it is empty. */
export type OnFrame<S extends FrameState> = (state: S, opcode: number) => void

export function readFrames<S extends FrameState>(state: S, chunk: Buffer, onFrame: OnFrame<S>): void {
  const bytes = state.rest === null ? chunk : Buffer.concat([state.rest, chunk])
  state.rest = null
  let i = 0
  while (i < bytes.length) {
    if (state.missing === 0) {
      const size = headerSize(bytes, i)
      const known = i + size <= bytes.length
      const length = known ? payloadLength(bytes, i) : 0
      if (!known || i + size + Math.min(length, LETTER_AT + 1) > bytes.length) {
        state.rest = Buffer.from(bytes.subarray(i))
        return
      }
      state.opcode = bytes[i]! & 0x0f
      state.first = length > 0 ? bytes[i + size]! : 0
      state.letter = length > LETTER_AT ? bytes[i + size + LETTER_AT]! : 0
      state.length = length
      state.missing = length
      i += size
    }
    const taken = Math.min(state.missing, bytes.length - i)
    state.missing -= taken
    i += taken
    if (state.missing === 0) onFrame(state, state.opcode)
  }
}

function headerSize(bytes: Buffer, i: number): number {
  const short = (bytes[i + 1] ?? 0) & 0x7f
  return short === 126 ? 4 : short === 127 ? 10 : 2
}

function payloadLength(bytes: Buffer, i: number): number {
  const short = bytes[i + 1]! & 0x7f
  if (short === 126) return bytes.readUInt16BE(i + 2)
  return short === 127 ? Number(bytes.readBigUInt64BE(i + 2)) : short
}
