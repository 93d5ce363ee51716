// The close codes the client goes by or gives (PROTOCOL.md, close codes). Written anew because the table of all codes
// carries its prose along; a test proves them equal.

export const BYE = 1000
export const GIVEN_UP = 4000
export const CACHED = 4001
export const UNAUTHORIZED = 4401
export const CONFLICT = 4409
