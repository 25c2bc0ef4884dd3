// The models of the drills: every version computes other numbers, in its graph and in its handler, so that a servable of one version behind the handler of another, or an answer of another model, shows in the answer. Writes them, and knows what they must answer.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attr, constNode, floats, linear, writeVersion, type ModelSpec } from '../../test/embedded/saved-model-writer.js'

/** `handled` has a handler in front; `plain` is asked as it is; `slow` has a handler that takes its time and is never switched. */
export const slopes = { handled: 0.5, plain: 0.25, slow: 0.5 } as const
export type Name = keyof typeof slopes

/** How long a request to `slow` takes, at least. */
export const slowMs = 600

/** What a version's graph answers: x · slope + version. All numbers of the drills are whole and below 2^22, so that float32 holds every step exactly. */
export const modelAnswers = (name: Name, version: number, x: readonly number[]): number[] => x.map(value => value * slopes[name] + version)

/** What a version answers through its handler, which adds its version before the model and a thousand times its version after it. */
export const handlerAnswers = (name: Name, version: number, x: readonly number[]): number[] => modelAnswers(name, version, x.map(value => value + version)).map(value => value + 1000 * version)

/** The same numbers as `linear` by another graph, without variables: (x + b / a) · a. */
const alternate = (slope: number, version: number): ModelSpec => ({
  nodes: [
    { name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([-1]) } },
    constNode('c', floats([], version / slope)),
    constNode('a', floats([], slope)),
    { name: 'sum', op: 'AddV2', inputs: ['x', 'c'], attrs: { T: attr.dtype('DT_FLOAT') } },
    { name: 'product', op: 'Mul', inputs: ['sum', 'a'], attrs: { T: attr.dtype('DT_FLOAT') } }
  ],
  signatures: { serving_default: { inputs: { x: { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1] } }, outputs: { y: { tensor: 'product:0', dtype: 'DT_FLOAT', shape: [-1] } } } }
})

const handler = (version: number, waitMs: number): string => `// Adds ${version} before the model and ${1000 * version} after it.
import { numbers, Type, type Static, type Tensors } from 'outrigger/handler'

export const input = Type.Object({ x: Type.Array(Type.Number(), { minItems: 1 }) }, { additionalProperties: false })

export async function preprocess ({ x }: Static<typeof input>) {
  ${waitMs > 0 ? `await new Promise(resolve => setTimeout(resolve, ${waitMs}))\n  ` : ''}return { x: x.map(value => value + ${version}) }
}

export function postprocess ({ y }: Tensors) {
  return { y: numbers(y!).map(value => value + ${1000 * version}) }
}
`

/** Puts a version into the repository in one step, as a finished folder that is renamed. Odd versions hold variables, even ones are another graph for the same function. */
export function addVersion (repository: string, name: Name, version: number): void {
  const unfinished = join(repository, name, `.tmp-${version}`)
  const slope = slopes[name]
  if (version % 2 === 1) writeVersion(unfinished, { ...linear, signatures: { serving_default: linear.signatures.serving_default } }, { 'a/value': floats([], slope), 'b/value': floats([], version) })
  else writeVersion(unfinished, alternate(slope, version))
  const x = [1, 2, 5]
  if (name !== 'plain') writeFileSync(join(unfinished, 'handler.ts'), handler(version, name === 'slow' ? slowMs : 0))
  mkdirSync(join(unfinished, 'examples'))
  writeFileSync(join(unfinished, 'examples', 'list.json'), JSON.stringify({ request: { x }, response: { y: (name === 'plain' ? modelAnswers : handlerAnswers)(name, version, x) } }))
  renameSync(unfinished, join(repository, name, String(version)))
}

export const removeVersion = (repository: string, name: Name, version: number): void => rmSync(join(repository, name, String(version)), { recursive: true, force: true })
