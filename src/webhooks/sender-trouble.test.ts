import { describe, expect, test } from 'bun:test'
import { FakeLog, settled } from '../../test/support/fake-log.ts'
import { answer, OK, webhookStage } from '../../test/support/fake-receiver.ts'
import { MemoryNotebook } from '../stores/embedded/memory-notebook.ts'
import type { Answer } from './poster.ts'

const idsOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `m${(from + i) % 10}:${from + i}`)

function started(patch: Parameters<ReturnType<typeof webhookStage>['open']>[0] = {}) {
  return startedOver(new MemoryNotebook(), patch)
}

async function startedOver(
  notebook: MemoryNotebook,
  patch: Parameters<ReturnType<typeof webhookStage>['open']>[0] = {},
) {
  const stage = webhookStage({ notebook })
  const endpoints = await stage.open(patch)
  await settled()
  const status = () => endpoints.list()[0]!
  return { ...stage, endpoints, status }
}

describe('a stop', () => {
  test('notes what was taken, and also what nothing was sent of', async () => {
    const { log, notebook, endpoints } = await started({ kinds: ['leave'] })
    log.grow(5)
    await settled()
    await endpoints.stop()
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: log.cursor(5) })
  })

  test('waits a second for what is under way, no longer', async () => {
    const { log, receiver, notebook, endpoints, time } = await started()
    receiver.hold = true
    log.grow(1)
    await settled()
    let stopped = false
    const stop = endpoints.stop().then(() => {
      stopped = true
    })
    await time.pass(999)
    expect(stopped).toBe(false)
    await time.pass(1)
    await stop
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: log.cursor(0), failures: 0 })
    expect(time.waiting).toBe(0)
  })

  test('waits no longer for what heeds nothing, and what that becomes changes nothing', async () => {
    const { log, notebook, time, receiver, open } = webhookStage()
    let answerLate = (_: Answer) => {}
    receiver.post = () =>
      new Promise(resolve => {
        answerLate = resolve
      })
    const endpoints = await open()
    log.grow(1)
    await settled()
    const stop = endpoints.stop()
    await time.pass(1_000)
    await stop
    answerLate(OK)
    await time.pass(60_000)
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: log.cursor(0) })
    expect([endpoints.list()[0]!.delivered, time.waiting]).toEqual([0, 0])
  })

  test('waits no longer for its note', async () => {
    const { log, notebook, time, endpoints } = await started()
    notebook.put = () => new Promise(() => {})
    log.grow(1)
    await settled()
    let stopped = false
    const stop = endpoints.stop().then(() => {
      stopped = true
    })
    await time.pass(999)
    expect(stopped).toBe(false)
    await time.pass(1)
    await stop
    expect(time.waiting).toBe(0)
  })

  test('what is taken within the second is not sent again', async () => {
    const { log, receiver, notebook, endpoints } = await started()
    receiver.hold = true
    log.grow(1)
    await settled()
    const stop = endpoints.stop()
    receiver.release()
    await stop
    const again = webhookStage({ log, notebook })
    await again.open()
    await settled()
    expect(again.receiver.messages).toEqual([])
  })

  test('a failing one has its wait behind it at the next start, and its patience not begun anew', async () => {
    const { log, receiver, notebook, endpoints, time } = await started()
    receiver.answers.push(...Array.from({ length: 9 }, () => answer(500)))
    log.grow(1)
    const since = time.at
    await time.pass(60_000)
    const failures = endpoints.list()[0]!.failures
    await endpoints.stop()
    const again = webhookStage({ log, notebook })
    again.receiver.answers.push(answer(500))
    const found = await again.open()
    await settled()
    expect(found.list()).toMatchObject([{ failures: failures + 1, failingSince: since }])
  })
})

describe('a log or notebook that fails', () => {
  test('is waited for', async () => {
    const { log, receiver, time, status } = await started()
    log.failure = new Error('disk gone')
    log.grow(1)
    await time.pass(5_000)
    expect(status()).toMatchObject({ lastError: 'disk gone', failures: 0, state: 'working' })
    log.failure = null
    await time.pass(1_000)
    expect(receiver.ids).toEqual(['m1:1'])
    expect(status().lastError).toBeNull()
  })

  test('costs no message, and is said once', async () => {
    const notebook = new MemoryNotebook()
    const stage = webhookStage({ notebook })
    await stage.open()
    await settled()
    const { put } = notebook
    notebook.put = async () => {
      throw new Error('disk full')
    }
    for (let i = 0; i < 3; i++) {
      stage.log.grow(1)
      await settled()
    }
    expect(stage.receiver.ids).toEqual(idsOf(1, 3))
    expect(stage.errors).toMatchObject([{ message: 'disk full' }])
    notebook.put = put
    stage.log.grow(1)
    await settled()
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: stage.log.cursor(4) })
  })

  test('a resume that cannot be noted is none: neither its place nor its state moves', async () => {
    const notebook = new MemoryNotebook()
    const { log, receiver, endpoints, status, errors } = await startedOver(notebook)
    receiver.answers.push(answer(410))
    log.grow(3)
    await settled()
    const before = status()
    const { put } = notebook
    notebook.put = async () => {
      throw new Error('disk full')
    }
    for (const from of [undefined, 'newest', log.cursor(1)]) {
      await expect(endpoints.resume('backend', from)).rejects.toThrow('disk full')
      await settled()
      expect(status()).toEqual(before)
    }
    expect([receiver.messages.length, errors.length]).toEqual([1, 1])
    notebook.put = put
    await endpoints.resume('backend', log.cursor(1))
    await settled()
    expect(receiver.messages[1]?.ids).toEqual(idsOf(2, 3))
  })

  test('what is taken while a resume is noted does not undo it', async () => {
    const notebook = new MemoryNotebook()
    const { log, receiver, endpoints } = await startedOver(notebook)
    log.grow(2)
    await settled()
    receiver.hold = true
    log.grow(2)
    await settled()
    const { put } = notebook
    let noted = () => {}
    notebook.put = async (...note) => {
      await new Promise<void>(resolve => {
        noted = resolve
      })
      return put.apply(notebook, note)
    }
    const resumed = endpoints.resume('backend', 'oldest')
    await settled()
    receiver.hold = false
    receiver.release()
    await settled()
    notebook.put = put
    noted()
    await resumed
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: 'oldest' })
    await settled()
    expect(receiver.messages.at(-1)?.ids).toEqual(idsOf(1, 4))
    expect(await notebook.get('webhooks', 'backend')).toMatchObject({ cursor: log.cursor(4) })
  })

  test('a place that cannot be noted at the start is no start', async () => {
    const notebook = new MemoryNotebook()
    notebook.put = async () => {
      throw new Error('disk full')
    }
    await expect(webhookStage({ notebook, isNew: true }).open()).rejects.toThrow('disk full')
  })
})

test('a secret that is none is told without showing it', async () => {
  const opening = webhookStage().open({ secret: 'whsec_c2hvcnQ=' })
  await expect(opening).rejects.toMatchObject({
    code: 'bad_option',
    message: 'webhook backend: its secret must be whsec_ and base64 of 24 to 64 bytes',
  })
})

test('a slow endpoint slows nobody else', async () => {
  const log = new FakeLog()
  const slow = webhookStage({ log })
  const quick = webhookStage({ log })
  slow.receiver.hold = true
  await Promise.all([slow.open(), quick.open()])
  await settled()
  for (let i = 0; i < 20; i++) {
    log.grow(100)
    await settled()
  }
  expect(quick.receiver.ids.length).toBe(2_000)
  expect(slow.receiver.messages.length).toBe(1)
})
