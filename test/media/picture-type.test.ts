// Media types by first bytes; short inputs are nothing.
import t from 'tap'
import { pictureType } from '../../src/media/picture-type.js'

t.equal(pictureType(Buffer.from('GIF89a')), 'image/gif')
t.equal(pictureType(Uint8Array.of(0xff, 0xd8, 0xff)), 'image/jpeg')
t.equal(pictureType(Uint8Array.of(0xff, 0xd8)), undefined)
t.equal(pictureType(Buffer.from('RIFF....WAVE')), undefined)
