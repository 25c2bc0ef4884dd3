// Memory that is given back: at once, when it is large, and never one that Node shares out.
import t from 'tap'
import { release } from '../src/release.js'

const large = 32 * 1024

t.test('large memory is gone at once, with all views of it', async t => {
  const memory = new Float32Array(large)
  const before = process.memoryUsage().arrayBuffers
  release(memory.subarray(5, 5 + large / 4))
  t.equal(memory.length, 0)
  t.equal(memory.buffer.byteLength, 0)
  t.equal(process.memoryUsage().arrayBuffers, before - large * 4)
  release(memory)
  t.pass('a second time does nothing')
})

t.test('small pieces stay, and so does what they were shared out of', async t => {
  for (const bytes of [1, 4000, large - 1]) {
    const piece = Buffer.allocUnsafe(bytes).fill(7)
    release(piece)
    t.ok(piece.length === bytes && piece.every(byte => byte === 7), `${bytes} bytes`)
  }
  const smallest = Buffer.allocUnsafe(large)
  release(smallest)
  t.equal(smallest.length, 0, 'the smallest that is given back is never shared')
})
