// Finds in the source text of a JSON value what JSON.parse gives away: the digits of numbers. Expects text that
// JSON.parse has taken; looks at the outermost object or list only and never recurses. For the rare frame: it is slower.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

/** The source of what stands under `key` of the object in `text`; of the last, where it stands there more than once. */
export function sourceOf(text: string, key: string): string | null {
  let found: string | null = null
  let at = text.indexOf('{') + 1
  for (;;) {
    at = skipBlank(text, at)
    if (text.charCodeAt(at) !== QUOTE) return found
    const keyEnd = stringEnd(text, at)
    const name = text.slice(at, keyEnd)
    const from = skipBlank(text, text.indexOf(':', keyEnd) + 1)
    const end = valueEnd(text, from)
    if (JSON.parse(name) === key) found = text.slice(from, end)
    at = skipBlank(text, end)
    if (text.charCodeAt(at) !== COMMA) return found
    at++
  }
}

/** The sources of the items of the list in `text`, up to `most`. */
export function itemSources(text: string, most: number): string[] {
  const items: string[] = []
  let at = skipBlank(text, text.indexOf('[') + 1)
  if (text[at] === ']') return items
  while (items.length < most) {
    const end = valueEnd(text, at)
    items.push(text.slice(at, end))
    at = skipBlank(text, end)
    if (text.charCodeAt(at) !== COMMA) break
    at = skipBlank(text, at + 1)
  }
  return items
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

/** `from`: its opening quote. */
function stringEnd(text: string, from: number): number {
  let at = from
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let escapes = at
    while (text.charCodeAt(escapes - 1) === BACKSLASH) escapes--
    if ((at - escapes) % 2 === 0) return at + 1
  }
}

function valueEnd(text: string, from: number): number {
  const first = text[from]
  if (first === '"') return stringEnd(text, from)
  if (first === '{' || first === '[') return nestedEnd(text, from)
  let at = from
  while (at < text.length && !',]} \t\n\r'.includes(text[at]!)) at++
  return at
}

function nestedEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      at = stringEnd(text, at)
      continue
    }
    at++
    // [ and ] differ from { and } in one bit
    if ((unit | 0x20) === 0x7b) depth++
    else if ((unit | 0x20) === 0x7d && --depth === 0) return at
  }
  return at
}
