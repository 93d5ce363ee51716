// Opens many links to one port from a process of its own and holds them: prints `ready`, later how many have ended.
// Arguments: port, count. Every link answers nothing and sends nothing.
import { connect, type RawSocket } from './raw-socket.ts'

const port = Number(process.argv[2])
const count = Number(process.argv[3])
const AT_ONCE = 100

const open: RawSocket[] = []
let next = 0
let ended = 0

async function opener(): Promise<void> {
  while (next < count) {
    const socket = await connect(port, { path: `/?quiet&tag=flood${next++}` })
    open.push(socket)
    void socket.closed.then(() => {
      ended++
      if (ended === count) console.log('ended')
    })
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, opener))
console.log('ready')
process.stdin.on('end', () => process.exit(0)).resume()
