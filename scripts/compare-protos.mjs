// Compares protos/ with FileDescriptorSets of the originals (paths as arguments): names every difference in package, name, number, type, label or oneof, and exits 1 on any. What protos/ leaves out is no difference, and files named by --without are not looked at.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// The library that @grpc/proto-loader itself reads the protos with.
const require = createRequire(createRequire(import.meta.url).resolve('@grpc/proto-loader'))
const protobuf = require('protobufjs')
require('protobufjs/ext/descriptor')

// Facts: what must be equal, one line of text per fact, by the fact's place.

const typeName = field => field.resolvedType === null ? field.type : field.resolvedType.fullName.slice(1)

/** The library reads a descriptor's map as what it is on the wire, a list of entries with key and value, and loses the entry's mark; only generated names end so. */
function mapEntry (field) {
  const entry = field.resolvedType
  const nested = field.repeated && entry instanceof protobuf.Type && entry.parent === field.parent && entry.name.endsWith('Entry')
  if (!nested || entry.fieldsById[1]?.name !== 'key' || entry.fieldsById[2]?.name !== 'value') return undefined
  return { keyType: entry.fieldsById[1].type, valueType: typeName(entry.fieldsById[2]) }
}

function fieldFact (field) {
  const map = field instanceof protobuf.MapField ? { keyType: field.keyType, valueType: typeName(field) } : mapEntry(field)
  if (map !== undefined) return `${field.name} = map<${map.keyType}, ${map.valueType}>`
  const type = typeName(field)
  const packable = field.resolvedType instanceof protobuf.Enum || protobuf.types.packed[type] !== undefined
  const packed = field.repeated && packable && field.packed ? ' packed' : ''
  const oneof = field.partOf === null || field.partOf.isProto3Optional ? '' : ` in oneof ${field.partOf.name}`
  return `${field.name} = ${field.repeated ? 'repeated ' : ''}${type}${packed}${oneof}`
}

function collect (object, facts) {
  const name = object.fullName.slice(1)
  if (object instanceof protobuf.Type) {
    facts.set(`message ${name}`, 'message')
    for (const field of object.fieldsArray) facts.set(`${name}, field ${field.id}`, fieldFact(field))
  } else if (object instanceof protobuf.Enum) {
    facts.set(`enum ${name}`, 'enum')
    for (const [value, number] of Object.entries(object.values)) facts.set(`${name}, value ${number}`, value)
  } else if (object instanceof protobuf.Service) {
    facts.set(`service ${name}`, 'service')
    for (const method of object.methodsArray) {
      const { resolvedRequestType: request, resolvedResponseType: response } = method
      const streams = `${method.requestStream === true ? 'stream ' : ''}→${method.responseStream === true ? ' stream' : ''}`
      facts.set(`${name}, rpc ${method.name}`, `${request?.fullName ?? '?'} ${streams} ${response?.fullName ?? '?'}`)
    }
  }
  if (object instanceof protobuf.Namespace) for (const child of object.nestedArray) collect(child, facts)
}

function factsOf (root) {
  root.resolveAll()
  const facts = new Map()
  collect(root, facts)
  return facts
}

function ofFolder (folder, without) {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => target.startsWith('google/') ? target : join(folder, target.startsWith(folder) ? target.slice(folder.length) : target)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.proto') && !without.some(name => file.endsWith(name))).sort()
  return factsOf(root.loadSync(files, { keepCase: true }))
}

/** Differences as lines of text; a message that no set knows is one, one that only the sets know is none. `google.protobuf` is the library's own. */
function compareProtos (folder, descriptorSets, without) {
  const theirs = new Map()
  for (const path of descriptorSets) {
    for (const [place, fact] of factsOf(protobuf.Root.fromDescriptor(readFileSync(path)))) if (!theirs.has(place)) theirs.set(place, fact)
  }
  const differences = []
  for (const [place, fact] of ofFolder(folder, without)) {
    if (/^(message |enum )?google\./.test(place)) continue
    const original = theirs.get(place)
    if (original === undefined) differences.push(`${place}: ours is "${fact}", the original has none`)
    else if (original !== fact) differences.push(`${place}: ours is "${fact}", the original "${original}"`)
  }
  return differences
}

const { values, positionals: sets } = parseArgs({ allowPositionals: true, options: { protos: { type: 'string', default: fileURLToPath(new URL('../protos', import.meta.url)) }, without: { type: 'string', multiple: true, default: [] } } })
if (sets.length === 0) {
  console.error('usage: node scripts/compare-protos.mjs [--protos FOLDER] [--without FILE.proto] SET.desc…')
  process.exit(2)
}
const differences = compareProtos(values.protos, sets, values.without)
for (const difference of differences) console.log(difference)
console.log(differences.length === 0 ? 'protos/ agrees with the originals' : `${differences.length} differences`)
process.exitCode = differences.length === 0 ? 0 : 1
