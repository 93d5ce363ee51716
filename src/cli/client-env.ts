// Names of what commands that ask a server read from the environment. They are none of a server's options.

/** A key of its API, and a token for a connection. */
export const CLIENT_ENV = { key: 'SYSTOLE_CLIENT_KEY', token: 'SYSTOLE_CLIENT_TOKEN' } as const
