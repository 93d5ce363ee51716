// Looks at a large text before it is parsed: a parser takes half a second for four megabytes of nothing but brackets,
// which this tells apart in a few milliseconds. It does not judge whether the text is JSON.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Whether brackets outside of strings stand inside one another over `depth` deep. */
export function nestsOver(text: string, depth: number): boolean {
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    // [ and {, ] and } differ in one bit
    else if ((code & ~0x20) === 0x5b) {
      if (++open > depth) return true
    } else if ((code & ~0x20) === 0x5d) open--
  }
  return false
}

// A backslash hides what follows it, also another backslash.
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1
  return i
}
