// `systole who`: asks a running server for its members, page by page, and shows them once or again every second.
// It only reads the public API.

import { setTimeout as wait } from 'node:timers/promises'
import { SystoleError } from '../errors.ts'
import { MEMBER_STATES } from '../protocol/words.ts'
import { suggestion } from '../server/options/nearest.ts'
import { callServer, errorOf, notOurs, serverUrl } from './ask-server.ts'
import { refusedCaller, showKey } from './client-key.ts'
import { jsonLine } from './visible.ts'
import { type WhoMember, whoTable } from './who-table.ts'

/** Flags of the command. */
export interface WhoOptions {
  readonly url: string
  readonly key?: string
  readonly state?: string
  readonly json?: boolean
  readonly watch?: boolean
}

const PAGE = 200
const CLEAR = '\u001b[H\u001b[2J\u001b[3J'

/** Runs the command until it is done; with `watch` until the process is stopped. */
export async function who(options: WhoOptions): Promise<void> {
  checkState(options.state)
  const base = serverUrl(options.url)
  // `systole who | head` is no failure
  process.stdout.on('error', () => process.exit(0))
  show(await ask(base, options), options)
  while (options.watch) {
    await wait(1_000)
    // once it has answered, a server that is away may come back
    show(await ask(base, options).catch(said), options)
  }
}

async function ask(base: URL, { json, state, key }: WhoOptions): Promise<string> {
  const members = await readMembers(base, state, key)
  return json ? jsonLines(members) : whoTable(members, Date.now())
}

function show(text: string, { watch }: WhoOptions): void {
  process.stdout.write(watch && process.stdout.isTTY ? CLEAR + text : text)
}

function said(error: unknown): string {
  if (error instanceof SystoleError) return `${error.message}\n`
  throw error
}

/** All members in `state`, by id. */
async function readMembers(
  base: URL,
  state: string | undefined,
  key: string | undefined,
): Promise<WhoMember[]> {
  const headers = showKey(key)
  const members: WhoMember[] = []
  let cursor: string | null = null
  do {
    const page: Page = await readPage(base, state, cursor, headers)
    members.push(...page.members)
    cursor = page.cursor
  } while (cursor !== null)
  return members
}

interface Page {
  readonly members: WhoMember[]
  readonly cursor: string | null
}

async function readPage(
  base: URL,
  state: string | undefined,
  cursor: string | null,
  headers: Readonly<Record<string, string>>,
): Promise<Page> {
  const query = new URLSearchParams({ limit: String(PAGE) })
  if (state !== undefined) query.set('state', state)
  if (cursor !== null) query.set('cursor', cursor)
  const answer = await callServer(base, `v1/members?${query}`, { headers })
  if (answer.ok && isPage(answer.body)) return answer.body
  throw refusedCaller(base, answer) ?? notOurs(base, errorOf(answer).message)
}

function isPage(body: unknown): body is Page {
  return typeof body === 'object' && body !== null && Array.isArray((body as Partial<Page>).members)
}

function checkState(state: string | undefined): void {
  const states: readonly string[] = MEMBER_STATES
  if (state === undefined || states.includes(state)) return
  throw new SystoleError(
    'bad_option',
    `--state ${JSON.stringify(state)} must be one of ${states.join(', ')}: ${suggestion(state, states)}`,
  )
}

function jsonLines(members: readonly WhoMember[]): string {
  return members.map(jsonLine).join('')
}
