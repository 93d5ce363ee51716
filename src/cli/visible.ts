// Text of strangers as a terminal may show it: what it would obey, hide or pile up is written out. Two ids that differ
// never look the same; nothing is taken away without a trace.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?![ \u3000])\p{Zs}/gu
/** Unseen, or put on what stands beside, only at an end. */
const ENDS = /^(?:[ \u3000]+|\p{M}+)|[ \u3000]+$/gu
// Emoji are put together with joiners and selectors that are unseen elsewhere.
const EMOJI = /^\p{RGI_Emoji}$/v
const ASCII = /^[!-~](?:[ -~]*[!-~])?$/
/** More marks on one letter than any script needs grow over the lines above and below. */
const PILE = /(\p{M}{3})(\p{M}+)/gu

/** `text` with unseen characters as `<U+200B>` and piled marks counted. */
export function visible(text: string): string {
  if (text === '' || ASCII.test(text)) return text
  return withEmoji(text)
    .replace(ENDS, written)
    .replace(PILE, (_, first: string, rest: string) => `${first}<${[...rest].length} marks>`)
}

/** `value` as one line of JSON that a terminal may show: the same value, with what it would obey escaped. */
export function jsonLine(value: object): string {
  const escaped = JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${escaped}\n`
}

function withEmoji(text: string): string {
  if (!/\p{Emoji}/u.test(text)) return text.replace(UNSEEN, written)
  let result = ''
  for (const { segment } of segmenter.segment(text))
    result += EMOJI.test(segment) ? segment : segment.replace(UNSEEN, written)
  return result
}

function written(found: string): string {
  return [...found].map(named).join('')
}

function named(character: string): string {
  return `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`
}
