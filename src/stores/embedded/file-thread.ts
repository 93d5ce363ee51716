// The thread that owns the data file: carries out what messages.ts asks, one request after the other. It never ends
// because a request failed; it says so and waits for what the store decides.

import { parentPort } from 'node:worker_threads'
import type { Value } from './columns.ts'
import { DataFile } from './data-file.ts'
import { failureOf } from './failures.ts'
import type { Answer, Question, Request } from './messages.ts'

/** A power cut costs no more than this, while the disk keeps up. */
const CHECKPOINT_AFTER = 5_000

type Asking = Question & { readonly ask: number }

let file: DataFile | null = null
/** The batch whose other pieces are not to be written, for one of them failed. */
let broken = -1
/** What came in the middle of a batch. */
const waiting: Request[] = []
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
    case 'trim':
      return file!.inTransaction ? void waiting.push(request) : trim(request)
    case 'close':
      return close()
    case 'read':
    case 'chain':
      return answer(request)
    default:
      return file!.inTransaction ? void waiting.push(request) : answer(request)
  }
}

function trim({ before, upTo, limit }: Request & { do: 'trim' }): void {
  tell({ on: 'trimmed', ...file!.log.trim(before, upTo, limit) })
}

function answer(request: Asking): void {
  const { rows, at = 0 } = rowsFor(file!, request)
  tell({ on: 'rows', ask: request.ask, rows, at })
}

function rowsFor({ log, notes }: DataFile, request: Asking): { rows: readonly Value[]; at?: number } {
  switch (request.do) {
    case 'read':
      return { rows: log.read(request) }
    case 'chain':
      return log.chain(request)
    case 'note':
      return { rows: notes.get(request) }
    case 'notes':
      return { rows: notes.scan(request) }
    case 'put':
      return put(request)
  }
}

function put(request: Asking & { do: 'put' }): { rows: readonly Value[] } {
  const rows = file!.note(request)
  checkpointLater()
  return { rows }
}

// What came while a batch was half written: it is to find that batch whole, or not at all.
function carryOutWaiting(): void {
  for (const request of waiting.splice(0)) {
    try {
      carryOut(request)
    } catch (error) {
      failed(request, error)
    }
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
  checkpointLater()
  carryOutWaiting()
}

function checkpointLater(): void {
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
  const ask = 'ask' in request ? request.ask : request.do === 'write' ? request.batch : 0
  tell({ on: 'failed', request: request.do, ask, failure: failureOf(error) })
  if (request.do === 'write') carryOutWaiting()
}

function tell(answer: Answer): void {
  parentPort!.postMessage(answer)
}
