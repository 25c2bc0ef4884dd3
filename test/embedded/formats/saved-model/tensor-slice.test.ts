import t from 'tap'
import { parseShapeAndSlice, sliceKey } from '../../../../src/embedded/formats/saved-model/tensor-slice.js'

t.test('shape and slice', async t => {
  t.equal(parseShapeAndSlice(''), undefined)
  t.strictSame(parseShapeAndSlice('4 10 0,2:-'), { shape: [4, 10], extents: [{ start: 0, length: 2 }, { start: 0, length: -1 }] })
  for (const bad of ['4', '4 10 0,2', '4 3,2', '4 0,0', '4 -1,2', 'x -', '4 0,1,2']) t.throws(() => parseShapeAndSlice(bad), /bad slice/, bad)
})

t.test('keys of slices order as their numbers do', async t => {
  // Recorded from TensorFlow: a variable `v` of shape [300, 2], split by rows into two.
  const hex = (key: string): string => Buffer.from(key, 'latin1').toString('hex')
  t.equal(hex(sliceKey('v', [{ start: 0, length: 150 }, { start: 0, length: 2 }])), '00760001010280c0968082')
  t.equal(hex(sliceKey('v', [{ start: 150, length: 150 }, { start: 0, length: 2 }])), '007600010102c096c0968082')
  const starts = [0, 1, 63, 64, 65, 8191, 8192, 1048576, 2 ** 31, 2 ** 40]
  const keys = starts.map(start => sliceKey('v', [{ start, length: 1 }]))
  t.strictSame([...keys].sort((a, b) => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))), keys)
  t.not(sliceKey('a\x00b', []), sliceKey('a', []))
})
