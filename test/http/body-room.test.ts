// http/body-room.ts: bodies put together from any chunks, room that is made as they come.
import t from 'tap'
import { BodyRoom } from '../../src/http/body-room.js'
import { createRandom } from '../helpers/random.js'

const random = createRandom(2026)

/** Memory that tells what was taken and given back. */
function source () {
  const taken: Buffer[] = []
  const given: Buffer[] = []
  return { taken, given, take: (bytes: number) => { taken.push(Buffer.alloc(bytes)); return taken.at(-1)! }, give: (memory: Buffer) => { given.push(memory) } }
}

t.test('holds what came, in its order', async t => {
  for (const length of [65_536, 100_000, 9_000_001]) {
    const body = Buffer.from(Uint8Array.from({ length }, () => random.int(256)))
    const room = new BodyRoom(length)
    for (let at = 0; at < length;) {
      const chunk = body.subarray(at, at + 1 + random.int(200_000))
      room.add(chunk)
      at += chunk.length
      t.equal(room.length, at)
    }
    t.ok(room.arrived.equals(body), String(length))
  }
})

t.test('an announcement alone costs little, and what has become too small goes back', async t => {
  const from = source()
  const room = new BodyRoom(60_000_000, from)
  t.equal(from.taken[0]!.length, 1024 * 1024)
  for (let i = 0; i < 60; i++) room.add(Buffer.alloc(1_000_000, i))
  t.same(from.taken.map(({ length }) => length), [1024 * 1024, 60_000_000])
  t.same(from.given, from.taken.slice(0, -1))
  t.equal(room.arrived.length, 60_000_000)
  t.equal(room.arrived[59_999_999], 59)
  room.free()
  t.same(from.given.length, from.taken.length)
})

t.test('knows what lies in it', async t => {
  const room = new BodyRoom(100)
  room.add(Buffer.alloc(80))
  t.ok(room.holds(room.arrived.subarray(3, 4)))
  t.ok(room.holds(new Float32Array(room.arrived.buffer, 0, 2)))
  t.notOk(room.holds(new Float32Array(2)))
})
