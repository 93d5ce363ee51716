// One measured figure beside its bar, and the few statistics the bench needs.

/** A row of the table. */
export interface Figure {
  readonly name: string
  /** The bar in words; '' where none was set. */
  readonly bar: string
  /** What was measured, in words. */
  readonly measured: string
  /** `null`: no bar, or Systole was not there. */
  readonly pass: boolean | null
  /** What the others reached, in words. */
  readonly others: string
  /** Every single run, for the JSON. */
  readonly runs: unknown
}

/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

/** Three significant digits, no exponent. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '?'
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}

/** `0.97 x` with its spread over the rounds. */
export function ratioText(ratios: readonly number[]): string {
  const text = `${median(ratios).toFixed(2)} x`
  if (ratios.length < 2) return text
  return `${text} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
}
