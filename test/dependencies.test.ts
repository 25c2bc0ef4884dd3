// docs/dependencies.md gives a reason for every package that package.json names, and for no other; the bill of materials holds all that is installed for use.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>

t.test('docs/dependencies.md and package.json agree both ways', async t => {
  const page = read('docs/dependencies.md')
  const rows = [...page.matchAll(/^\| (?!package |-)([^|]+) \| [^|]+ \| [^|]{10,} \|$/gm)].flatMap(([, names]) => names!.split(', '))
  t.same(rows.sort(), Object.keys(dependencies).sort())
  const development = /^For development: (.*)\.$/m.exec(page)?.[1]?.replace(/\([^)]*\)/g, '').split(',').map(name => name.trim())
  t.same(development?.sort(), Object.keys(devDependencies).sort())
})

t.test('the lockfile names no host', async t => { t.notMatch(read('package-lock.json'), /"resolved"/) })

t.test('npm run sbom: CycloneDX with every dependency, its version and checksum, and none for development', async t => {
  const text = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8', maxBuffer: 32 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] })
  const bill = JSON.parse(text) as { bomFormat: string, components: { name: string, version: string, purl: string, hashes?: unknown[] }[] }
  t.equal(bill.bomFormat, 'CycloneDX')
  const names = new Set(bill.components.map(({ name }) => name))
  for (const name of Object.keys(dependencies)) t.ok(names.has(name), name)
  t.notOk(names.has('typescript'))
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean, version: string }> }
  const locked = new Set(Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true).map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`))
  t.same(bill.components.map(({ name, version }) => `${name}@${version}`).sort(), [...locked].sort(), 'what the lockfile has, and no more')
  for (const { name, version, purl, hashes } of bill.components) t.ok(version !== '' && purl.startsWith('pkg:npm/') && (hashes ?? []).length > 0, name)
})
