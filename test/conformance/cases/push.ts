// Messages from the host to a member. They are asked for by `POST /v1/push` on the same port, where there is one.

import { type Case, must, mustBe, Skipped } from '../case.ts'
import type { Stage } from '../stage.ts'

async function push(stage: Stage, body: object): Promise<Readonly<Record<string, unknown>>> {
  const { host, port } = stage.target
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1/push`
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null)
  if (answer?.status !== 200) throw new Skipped('messages of the host cannot be asked for at POST /v1/push')
  return (await answer.json()) as Readonly<Record<string, unknown>>
}

async function arrives(stage: Stage): Promise<void> {
  const [visitor, other] = [await stage.member(), await stage.member()]
  const data = { text: 'hello', list: [1, null, 'é'] }
  await push(stage, { to: [visitor.member], data })
  const message = await visitor.take('message')
  mustBe(message.data, data, 'data of the message')
  must(!('id' in message), 'a message has an id although nobody waits for its ack')
  await other.beat()
  mustBe(other.all('message').length, 0, 'messages to somebody else')
}

async function acknowledged(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const answer = push(stage, { to: [visitor.member], data: 'please', ack: 3_000 })
  const message = await Promise.race([
    visitor.take('message'),
    answer.then(() => visitor.take('message', undefined, 1)),
  ])
  must(message.id !== undefined, 'a message that waits for its ack has no id')
  visitor.send({ t: 'ack', id: message.id })
  mustBe((await answer).acked, 1, 'messages acknowledged')
}

export const pushes: readonly Case[] = [
  { musts: ['M1'], title: 'a message of the host reaches its member alone', run: arrives },
  { musts: ['M1'], title: 'a message of the host that waits for its ack has an id', run: acknowledged },
]
