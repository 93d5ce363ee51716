// The close codes the client goes by or gives (PROTOCOL.md, close codes). Written anew because the table of all codes
// carries its prose along; a test proves them equal.

export const CODE = {
  bye: 1000,
  broken: 1006,
  givenUp: 4000,
  cached: 4001,
  unauthorized: 4401,
  conflict: 4409,
} as const

/** After these the client stays away by itself. */
export function isFinal(code: number): boolean {
  return code === CODE.bye || (code >= 4500 && code < 5000)
}
