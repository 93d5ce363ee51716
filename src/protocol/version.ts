// The name of our own wire. A connection speaks it by asking for this WebSocket subprotocol.

export const SUBPROTOCOL = 'systole.v1'
