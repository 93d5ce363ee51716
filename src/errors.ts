// The one error class of the house and the one table of its codes. A message names the option or file and the
// remedy; `cause` keeps what the system said. Nothing here knows how errors are shown.

/** Stable codes; a program may switch on them. */
export type ErrorCode =
  | 'bad_option'
  | 'bad_config'
  | 'port_taken'
  | 'bind_refused'
  | 'store_failed'
  | 'store_locked'
  | 'store_corrupt'
  | 'unknown_client'
  | 'bad_id'
  | 'bad_data'
  | 'too_many_groups'
  | 'banned'
  | 'too_many_hits'
  | 'bad_cursor'
  | 'cursor_ahead'
  | 'not_running'
  | 'refused'

/** Every failure Systole reports by throwing. */
export class SystoleError extends Error {
  override readonly name = 'SystoleError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
