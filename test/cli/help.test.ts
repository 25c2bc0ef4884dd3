import t from 'tap'
import { flagHelp } from '../../src/cli/help.js'
import { flagWord, settings } from '../../src/config/schema.js'

t.test('every flag is there, with its default, in lines that fit', async t => {
  const help = flagHelp()
  for (const key of Object.keys(settings)) t.match(help, new RegExp(`^  --${flagWord(key)}( |$)`, 'm'))
  t.match(help, /--port N\n {6}Port to listen on; 0 takes a free one\. \(default: 8501\)/)
  t.ok(help.split('\n').every(line => line.length <= 100))
})
