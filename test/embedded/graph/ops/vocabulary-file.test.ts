// vocabulary-file: lines with and without ends, and no file outside the version's folder.
import { join } from 'node:path'
import t from 'tap'
import { readLines } from '../../../../src/embedded/graph/ops/vocabulary-file.js'

const folder = t.testdir({
  'secret.txt': 'secret',
  version: { assets: { 'a.txt': 'one\r\ntwo\n\nfour', 'ends.txt': 'one\n', 'empty.txt': '' } }
})
const version = join(folder, 'version')
const lines = (name: string): string[] => readLines(version, name).map(line => line.toString())

t.test('lines end with or without a carriage return; the last needs no end', async t => {
  t.same(lines(join(version, 'assets/a.txt')), ['one', 'two', '', 'four'])
  t.same(lines('assets/ends.txt'), ['one'])
  t.same(lines('assets/empty.txt'), [])
})

t.test("an author's absolute name stands for the asset of that name", async t => {
  t.same(lines('/home/author/export/assets/ends.txt'), ['one'])
})

t.test('nothing outside the folder is read', async t => {
  for (const name of ['../secret.txt', join(folder, 'secret.txt'), '/etc/hostname']) t.throws(() => lines(name), { status: 5, message: /No such file/ }, name)
})
