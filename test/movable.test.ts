// movable.ts: what is moved and what is copied.
import t from 'tap'
import { allMovable, movable, worthMoving } from '../src/movable.js'

t.test('large bytes are moved with their memory, small ones and those in much larger memory are copied', async t => {
  const large = new Uint8Array(worthMoving + 8).subarray(8)
  const [bytes, transfer] = movable(large)
  t.equal(transfer[0], large.buffer)
  t.equal(bytes.byteOffset, 8)
  const small = movable(new Uint8Array(100).subarray(4))
  t.equal(small[0].buffer.byteLength, 96)
  t.same(small[1], [])
  const part = new Uint8Array(8 * worthMoving).subarray(0, worthMoving)
  const copied = movable(part)
  t.equal(part.length, worthMoving, 'still there')
  t.equal(copied[0].buffer.byteLength, worthMoving)
  t.equal(copied[1][0], copied[0].buffer)
  const alone = new Uint8Array(10)
  t.equal(movable(alone)[0], alone, 'what has its memory for itself is posted as it is')
})

t.test('several at once', async t => {
  const [pieces, transfer] = allMovable([new Uint8Array(worthMoving), new Uint8Array(3)])
  t.same(pieces.map(({ length }) => length), [worthMoving, 3])
  t.equal(transfer.length, 1)
})
