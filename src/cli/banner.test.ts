// What the banner says, word for word.

import { expect, test } from 'bun:test'
import { settingsOf } from '../server/options/make-settings.ts'
import { bannerOf, bannerText } from './banner.ts'

const main = {
  host: '127.0.0.1',
  port: 9502,
  dialect: 'auto',
  bound: 'heartbeat offline after 30 s of silence',
}

test('a server for this machine', () => {
  expect(bannerText(bannerOf('1.2.3', settingsOf({}), [main]))).toBe(
    `  Systole 1.2.3
  ws://127.0.0.1:9502 speaks auto: heartbeat offline after 30 s of silence
  http://127.0.0.1:9502/ shows who is online; try http://127.0.0.1:9502/demo/user?user_id=7
  data is kept in ./data; a power cut may cost the last moments
  ! open mode protects nobody from anybody: ids are claims, and whoever connects may use any
`,
  )
})

test('the published ports, served to other machines, keeping nothing', () => {
  const settings = settingsOf({ published: true, open: true, host: '0.0.0.0', data: false })
  const addresses = [
    { ...main, host: '0.0.0.0' },
    { host: '::1', port: 8000, dialect: 'uid', bound: 'offline after 40 s of silence' },
  ]
  expect(bannerText(bannerOf('1.2.3', settings, addresses))).toBe(
    `  Systole 1.2.3
  ws://127.0.0.1:9502 speaks auto: heartbeat offline after 30 s of silence
  http://127.0.0.1:9502/ shows who is online; try http://127.0.0.1:9502/demo/user?user_id=7
  ws://[::1]:8000 speaks uid: offline after 40 s of silence
  nothing is kept over a restart (--data off)
  ! open mode protects nobody from anybody: ids are claims, and whoever connects may use any
  ! other machines are served too (--open): keep this port away from the internet
  ! pages opened from a file are let in (Origin: null): so is every sandboxed frame of every site this browser visits
`,
  )
})

test('as log lines it carries fields', () => {
  const lines = bannerOf('1.2.3', settingsOf({}), [main])
  expect(lines[1]?.fields).toEqual({ ...main, url: 'ws://127.0.0.1:9502' })
  expect(lines.filter(line => line.warning)).toHaveLength(1)
})
