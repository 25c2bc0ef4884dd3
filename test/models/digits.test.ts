import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import type { Tensors } from '../../src/tensor/tensor.js'
import { samples, serve, type Served } from './kit.js'

const sample = samples().find(({ model }) => model === 'digits')!
const pictures = join(sample.folder, 'examples')
const seven = readFileSync(join(pictures, 'seven-210x360.png'))
const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

interface Answer { class: number, name: string, probabilities: Record<string, number> }

/** What the model is given for a picture. */
async function inkOf (served: Served, picture: Uint8Array, mediaType = 'image/png'): Promise<number[]> {
  let pixels: Tensors = {}
  await served.evaluate(picture, mediaType, inputs => { pixels = inputs })
  t.same(pixels.pixels!.shape, [1, 8, 8, 1])
  return Array.from(pixels.pixels!.data as Float32Array)
}

const farthest = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

t.test('digits', async t => {
  const served = await serve(t, sample)

  t.test('names every example picture, PNG and JPEG', async t => {
    const files = readdirSync(pictures).filter(name => /\.(png|jpeg)$/.test(name))
    t.ok(files.length >= 5)
    for (const file of files) {
      const answer = await served.evaluate(readFileSync(join(pictures, file)), file.endsWith('png') ? 'image/png' : 'image/jpeg') as Answer
      t.equal(answer.name, file.split('-')[0], file)
      t.equal(names[answer.class], answer.name)
      t.ok(Math.abs(Object.values(answer.probabilities).reduce((sum, one) => sum + one) - 1) < 1e-5)
    }
  })

  t.test('the ink values use the whole range, as the training data does', async t => {
    const ink = await inkOf(served, seven)
    t.ok(Math.min(...ink) === 0 && Math.max(...ink) > 12 && Math.max(...ink) <= 16)
    t.ok(ink.slice(0, 8).some(value => value > 2) && ink.slice(56).some(value => value > 2), 'the digit fills the height')
  })

  t.test('polarity, margins, colour, transparency and size do not matter', async t => {
    const plain = await inkOf(served, seven)
    const changed: Record<string, [Buffer, number]> = {
      inverted: [await sharp(seven).negate().png().toBuffer(), 0.3],
      'with margins': [await sharp(seven).extend({ top: 200, left: 500, right: 10, bottom: 30, extendWith: 'copy' }).png().toBuffer(), 1.5],
      'three times as large': [await sharp(seven).resize(630, 1080).png().toBuffer(), 1.5],
      'a third of the size': [await sharp(seven).resize(70, 120).png().toBuffer(), 3],
      coloured: [await sharp(seven).toColourspace('srgb').tint('#ffddaa').png().toBuffer(), 2]
    }
    for (const [how, [picture, limit]] of Object.entries(changed)) {
      t.ok(farthest(await inkOf(served, picture), plain) < limit, how)
      t.equal((await served.evaluate(picture, 'image/png') as Answer).name, 'seven', how)
    }
    const cutOut = await sharp({ create: { width: 90, height: 150, channels: 4, background: '#0000' } })
      .composite([{ input: Buffer.from('<svg width="90" height="150"><path d="M15 20H75L35 130" fill="none" stroke="#123" stroke-width="13"/></svg>') }]).png().toBuffer()
    t.equal((await served.evaluate(cutOut, 'image/png') as Answer).name, 'seven', 'ink on a transparent ground')
  })

  t.test('a small digit in a large picture is found, and dirt beside it is not', async t => {
    const svg = '<svg width="1600" height="1200"><rect width="1600" height="1200" fill="#eee"/><path d="M1205 320H1250L1220 400" fill="none" stroke="#222" stroke-width="9"/><circle cx="300" cy="900" r="2" fill="#222"/></svg>'
    t.equal((await served.evaluate(await sharp(Buffer.from(svg)).png().toBuffer(), 'image/png') as Answer).name, 'seven')
  })

  t.test('a digit that fills its picture to the edge ends the search too', async t => {
    const svg = '<svg width="700" height="900"><rect width="700" height="900" fill="#111"/><path d="M0 40H660L260 900" fill="none" stroke="#eee" stroke-width="80"/></svg>'
    t.equal((await served.evaluate(await sharp(Buffer.from(svg)).jpeg().toBuffer(), 'image/jpeg') as Answer).name, 'seven')
  })

  t.test('what shows no digit or is no picture is the caller\'s fault, with the field', async t => {
    const blank = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#777' } }).png().toBuffer()
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#777' } }).png().toBuffer()
    for (const [what, picture] of Object.entries({ blank, dot, text: Buffer.from('seven'), 'cut off': seven.subarray(0, 900) })) {
      await t.rejects(served.evaluate(picture, 'image/png'), { code: 'HANDLER_INPUT', errors: [{ pointer: '/picture' }] }, what)
    }
    await t.rejects(served.evaluate({}), { code: 'HANDLER_INPUT' })
    await t.rejects(served.evaluate(seven, 'image/tiff'), { code: 'REQUEST_MEDIA_TYPE' })
  })
})
