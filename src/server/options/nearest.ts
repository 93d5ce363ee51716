// Finds the known name a mistyped one most likely meant (optimal string alignment distance). It only suggests;
// nothing is ever accepted because it is close.

/**
 * The nearest of `known`, one that begins like `name` before others; `null` when none is near. Case and the separators
 * `-`, `_`, `.` count for nothing.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  const begun =
    plain(name).length < 3 ? undefined : known.find(candidate => plain(candidate).startsWith(plain(name)))
  if (begun !== undefined) return begun
  let best: string | null = null
  let least = Math.max(2, Math.ceil(plain(name).length / 2)) + 1
  for (const candidate of known) {
    const distance = editDistance(plain(name), plain(candidate))
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** What to say of an unknown name: the one that was meant, or where the known ones stand. */
export function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === null ? 'see --help for those there are' : `did you mean ${meant}?`
}

function plain(name: string): string {
  return name.slice(0, 80).toLowerCase().replace(/[-_.]/g, '')
}

function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const least = Math.min(change, row[j]! + 1, next[j - 1]! + 1)
      next.push(swap ? Math.min(least, before[j - 2]! + 1) : least)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
