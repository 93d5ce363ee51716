// How many columns a text takes in a terminal: Han, Kana, Hangul and emoji take two (Unicode UAX #11), marks none.
// It only measures and cuts; what a terminal may show of a stranger's text is `visible`'s business.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
/** Most texts by far: taking them apart would cost a thousand times as much. */
const PRINTABLE = /^[ -~]*$/
const EMPTY = /^[\p{M}\p{Cf}]+$/u

/** Columns of `text`. */
export function textWidth(text: string): number {
  if (PRINTABLE.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** `text` in exactly `columns` columns: cut with an ellipsis, or filled with spaces. */
export function fit(text: string, columns: number): string {
  const width = textWidth(text)
  if (width > columns) return fit(`${cut(text, columns - 1)}…`, columns)
  return text + ' '.repeat(columns - width)
}

function cut(text: string, columns: number): string {
  let kept = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment)
    if (width > columns) break
    kept += segment
  }
  return kept
}

function graphemeWidth(grapheme: string): number {
  if (EMPTY.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}
