import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const filesBelow = (folder: string): string[] => readdirSync(join(root, folder)).flatMap(name => {
  const path = join(folder, name)
  return statSync(join(root, path)).isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : []
})
const sources = filesBelow('src')
const sourceOf = new Map(sources.map(file => [file, readFileSync(join(root, file), 'utf8')]))

t.test('the first line of every file says what lives there', async t => {
  for (const [file, source] of sourceOf) {
    const line = source.replace(/^#!.*\n/, '').split('\n', 1)[0]
    t.match(line, /^\/\/ \S.{20,}/, file)
  }
})

/** Files whose tests are elsewhere, with the reason. */
const testedElsewhere: Readonly<Record<string, string>> = {
  'src/cli.ts': 'a program: test/e2e starts it',
  'src/serve.ts': 'wires everything: test/e2e starts it',
  'src/serve-repository.ts': 'wires the repository: test/e2e starts it'
}

t.test('every source file with code has a test of its name, or a test of its folder', async t => {
  for (const [file, source] of sourceOf) {
    if (file in testedElsewhere || !/^export (async )?(function|class|const|default)/m.test(source)) continue
    const path = relative('src', file).replace(/\.ts$/, '')
    const own = join(root, 'test', `${path}.test.ts`)
    const folder = join(root, 'test', dirname(path))
    const ofFolder = existsSync(folder) && readdirSync(folder).some(name => name.endsWith('.test.ts'))
    const ofParent = existsSync(`${folder}.test.ts`)
    t.ok(existsSync(own) || ofFolder || ofParent, `${file} has a test`)
  }
})

t.test('no file imports itself through others', async t => {
  const imports = new Map([...sourceOf].map(([file, source]) => [
    file,
    [...source.matchAll(/^(?:import|export) (?!type\b)[^'\n]*?from '(\.[^']+)'/gm)].map(match => join(dirname(file), match[1]!).replace(/\.js$/, '.ts'))
  ]))
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) { t.fail(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`); return }
    if (done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of sources) visit(file, [])
  t.ok(done.size > 0)
})
