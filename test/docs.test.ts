// The reference pages say what the program does. `REWRITE=1 bun test test/docs.test.ts` writes the made ones anew.

import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { optionsReference } from '../src/cli/reference.ts'
import { ROUTES } from '../src/http/app.ts'
import { memberList } from '../src/http/members.ts'
import { sessionList } from '../src/http/sessions.ts'
import { stubMember, stubPresenceServer, stubSession } from './support/stub-presence-server.ts'

const page = (name: string) => new URL(`../docs/reference/${name}`, import.meta.url)
const read = (name: string) => readFileSync(page(name), 'utf8')

test('options.md is the reference made from the schema', () => {
  const made = optionsReference()
  if (process.env.REWRITE === '1') writeFileSync(page('options.md'), made)
  expect(read('options.md')).toBe(made)
})

describe('http.md', () => {
  const text = read('http.md')
  const server = stubPresenceServer({
    members: [stubMember({ id: '7' })],
    sessions: [stubSession({ id: '12', member: '7' })],
  })

  test('has a section for each route', () => {
    for (const path of Object.keys(ROUTES)) expect(text).toContain(`## \`${path}\`\n`)
  })

  test('shows lists with exactly the keys they have', async () => {
    const [members, sessions] = [...text.matchAll(/```json\n(\{\n[\s\S]*?)```/g)].map(([, json]) =>
      JSON.parse(json!),
    )
    const list = await (await memberList(server, new Request('http://localhost/v1/members'))).json()
    const open = await sessionList(server, new Request('http://localhost/v1/sessions')).json()
    expect([Object.keys(members), Object.keys(members.members[0])]).toEqual([
      Object.keys(list),
      Object.keys(list.members[0]),
    ])
    expect(Object.keys(sessions.sessions[0])).toEqual(Object.keys(open.sessions[0]))
  })

  test('names each field of the health answer', () => {
    for (const field of Object.keys(server.status())) expect(text).toContain(`\`${field}\``)
  })
})
