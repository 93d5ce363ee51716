// The thread that owns the data file: carries out what messages.ts asks, one request after the other. It never ends
// because a request failed; it says so and waits for what the store decides.

import { parentPort } from 'node:worker_threads'
import { DataFile } from './data-file.ts'
import { failureOf } from './failures.ts'
import type { Answer, Request } from './messages.ts'

/** A power cut costs no more than this, while the disk keeps up. */
const CHECKPOINT_AFTER = 5_000

let file: DataFile | null = null
/** The batch whose other pieces are not to be written, for one of them failed. */
let broken = -1
let checkpoint: ReturnType<typeof setTimeout> | null = null

parentPort!.on('message', (request: Request) => {
  try {
    carryOut(request)
  } catch (error) {
    failed(request, error)
  }
})

function carryOut(request: Request): void {
  switch (request.do) {
    case 'open':
      file = new DataFile(request)
      return tell({ on: 'opened', run: file.begin(request) })
    case 'load':
      return load()
    case 'write':
      return write(request)
    case 'read': {
      const rows = file!.read(request.after, request.upTo, request.limit)
      return tell({ on: 'read', ask: request.ask, rows })
    }
    case 'trim':
      return tell({ on: 'trimmed', ...file!.trim(request.before, request.upTo, request.limit) })
    case 'close':
      return close()
  }
}

function load(): void {
  for (const rows of file!.load('sessions')) tell({ on: 'sessions', rows })
  for (const rows of file!.load('members')) tell({ on: 'members', rows })
  tell({ on: 'loaded' })
}

function write({ batch, piece }: Request & { do: 'write' }): void {
  if (batch === broken) return
  file!.write(piece)
  if (!piece.last) return
  tell({ on: 'written', batch })
  checkpoint ??= setTimeout(flush, CHECKPOINT_AFTER)
}

function flush(): void {
  checkpoint = null
  try {
    if (!file!.inTransaction) return file!.checkpoint()
    checkpoint = setTimeout(flush, 10)
  } catch {
    // what cannot be moved stays in the write-ahead log; the next write says what is wrong
  }
}

function close(): void {
  if (checkpoint !== null) clearTimeout(checkpoint)
  // SQLite checkpoints when the last connection closes
  file?.close()
  file = null
  tell({ on: 'closed' })
  parentPort!.close()
}

function failed(request: Request, error: unknown): void {
  if (request.do === 'write') {
    broken = request.batch
    try {
      file?.rollback()
    } catch {
      // some failures roll back on their own; the first one is the one to tell
    }
  }
  const ask = request.do === 'read' ? request.ask : request.do === 'write' ? request.batch : 0
  tell({ on: 'failed', request: request.do, ask, failure: failureOf(error) })
}

function tell(answer: Answer): void {
  parentPort!.postMessage(answer)
}
