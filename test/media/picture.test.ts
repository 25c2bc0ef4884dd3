// Pictures: types by their bytes, orientation, transparency, limits, damage.
import sharp from 'sharp'
import t from 'tap'
import { PictureError, readPicture } from '../../src/media/picture.js'
import { pictureType } from '../../src/media/picture-type.js'

/** 3 × 2, red, green, blue above; black, white, grey below. */
const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 128, 128, 128)
const source = () => sharp(colours, { raw: { width: 3, height: 2, channels: 3 } })

t.test('formats', async t => {
  for (const [type, encoded] of [
    ['image/png', await source().png().toBuffer()],
    ['image/webp', await source().webp({ lossless: true }).toBuffer()],
    ['image/gif', await source().gif().toBuffer()]
  ] as const) {
    t.equal(pictureType(encoded), type)
    const { width, height, channels, data } = await readPicture(encoded)
    t.same({ width, height, channels, data: [...data] }, { width: 3, height: 2, channels: 3, data: [...colours] }, type)
  }
  const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } }).jpeg().toBuffer()
  t.equal(pictureType(jpeg), 'image/jpeg')
  t.ok((await readPicture(jpeg)).data.subarray(0, 3).every((value, i) => Math.abs(value - [255, 0, 0][i]!) < 4))
  const grey = await readPicture(await source().png().toBuffer(), { channels: 1 })
  t.same([grey.channels, grey.data.length, grey.data[3], grey.data[4]], [1, 6, 0, 255])
})

t.test('forms of pictures', async t => {
  const turned = await readPicture(await source().withMetadata({ orientation: 6 }).png().toBuffer())
  t.same([turned.width, turned.height, ...turned.data.subarray(3, 6)], [2, 3, 255, 0, 0], 'upright by EXIF: red is at the top right')
  const clear = await sharp({ create: { width: 1, height: 1, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } }).png().toBuffer()
  t.same([...(await readPicture(clear)).data], [255, 255, 255], 'transparent is white')
  t.same([...(await readPicture(clear, { background: '#ff0000' })).data], [255, 0, 0])
  const palette = await source().png({ palette: true }).toBuffer()
  t.same([...(await readPicture(palette)).data], [...colours])
  const deep = await sharp(new Uint16Array([0, 65535]), { raw: { width: 2, height: 1, channels: 1 } }).toColourspace('grey16').png().toBuffer()
  t.same([...(await readPicture(deep, { channels: 1 })).data], [0, 255], '16 bits become 8')
  t.same([...(await readPicture(deep)).data], [0, 0, 0, 255, 255, 255], 'grey as colour')
})

t.test('what is no picture', async t => {
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } }).png({ compressionLevel: 0 }).toBuffer()
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  for (const [what, bytes, message] of [
    ['empty', new Uint8Array(), /empty/],
    ['text', Buffer.from('hello'), /no PNG, JPEG, WebP or GIF/],
    ['svg', svg, /no PNG, JPEG, WebP or GIF/],
    ['cut off', png.subarray(0, 3000), /PNG picture cannot be read/],
    ['a header alone', png.subarray(0, 30), /PNG picture cannot be read/],
    ['JPEG in name only', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3), /JPEG picture cannot be read/]
  ] as const) await t.rejects(readPicture(bytes), { constructor: PictureError, message }, what)
  const bomb = await sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#000' } }).png().toBuffer()
  t.ok(bomb.length < 100_000)
  await t.rejects(readPicture(bomb, { maxPixels: 1_000_000 }), { message: /more.*than the limit of 1000000/ })
})
