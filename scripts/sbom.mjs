// Prints the bill of materials (CycloneDX JSON) of what a user installs, from the lockfile alone. npm's own --omit=dev drops packages that development tools name as well (yaml), so the lockfile's marks decide.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'))
const nameOf = path => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
const used = new Set(Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true).map(([path, { version }]) => `${nameOf(path)}@${version}`))

const bill = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'inherit'] }))
const components = bill.components.filter(({ name, version }) => used.has(`${name}@${version}`))
const refs = new Set([bill.metadata.component['bom-ref'], ...components.map(one => one['bom-ref'])])
const dependencies = bill.dependencies.filter(({ ref }) => refs.has(ref)).map(one => ({ ...one, dependsOn: one.dependsOn.filter(ref => refs.has(ref)) }))
process.stdout.write(`${JSON.stringify({ ...bill, components, dependencies }, null, 2)}\n`)
