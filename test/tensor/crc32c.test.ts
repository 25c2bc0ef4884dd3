import t from 'tap'
import { crc32c, maskCrc } from '../../src/tensor/crc32c.js'

t.test('the check values of RFC 3720', async t => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  t.equal(crc32c(Buffer.alloc(32, 255)), 0x62a8ab43)
  t.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e)
  t.equal(crc32c(Buffer.alloc(0)), 0)
})

t.test('in parts it is the same as at once, at every split', async t => {
  const bytes = Buffer.from(Array.from({ length: 41 }, (_, i) => i * 7 & 255))
  for (let i = 0; i <= bytes.length; i++) t.equal(crc32c(bytes.subarray(i), crc32c(bytes.subarray(0, i))), crc32c(bytes))
})

t.test('masked as LevelDB masks', async t => {
  const crc = crc32c(Buffer.from('foo'))
  t.not(maskCrc(crc), crc)
  t.equal(maskCrc(0), 0xa282ead8)
  t.equal(maskCrc(0x80000000), (0xa282ead8 + 0x10000) >>> 0)
})
