// The drills' traffic: every API in turn, every request with numbers of its own, every answer held against the version that it says it comes from.
import { post, type Answer, type Shot, type Traffic } from '../load/traffic.js'
import { handlerAnswers, modelAnswers, type Name } from './models.js'

export interface Options {
  readonly host: string
  /** Every so many requests one goes to the slow model; none without it. */
  readonly slowEvery?: number
}

/** See `modelAnswers`. */
const distinct = 2 ** 22
/** Rows of one request, at most. */
const maxRows = 4
/** Keeps the rows of one request, and of its neighbours, far from each other. */
const stride = 104729

/** The numbers of the nth request: other ones in each of four million requests. */
export const inputOf = (index: number): number[] => Array.from({ length: 1 + index % maxRows }, (_, row) => (index + row * stride) % distinct)

interface Way { readonly model: Name, readonly path: string, readonly body: (x: readonly number[]) => object, readonly answer: (body: Record<string, unknown>) => unknown, readonly right: (version: number, x: readonly number[]) => number[] }

const evaluate = (model: Name): Way => ({
  model, path: `/models/${model}/evaluate`, body: x => ({ x }), answer: body => body.y, right: (version, x) => (model === 'plain' ? modelAnswers : handlerAnswers)(model, version, x)
})
const predict = (model: Name, form: 'row' | 'columnar'): Way => ({
  model, path: `/v1/models/${model}:predict`, body: x => form === 'row' ? { instances: x } : { inputs: { x } }, answer: body => form === 'row' ? body.predictions : body.outputs, right: (version, x) => modelAnswers(model, version, x)
})
const ways: readonly Way[] = [evaluate('handled'), predict('handled', 'row'), evaluate('plain'), predict('plain', 'columnar')]
const slow = evaluate('slow')

function fault (way: Way, x: readonly number[], { headers, body }: Answer): string | undefined {
  const version = headers.get('outrigger-model-version')
  if (version === undefined) return 'no header outrigger-model-version'
  const right = way.right(Number(version), x)
  const text = body.toString()
  let given: unknown
  try {
    given = way.answer(JSON.parse(text) as Record<string, unknown>)
  } catch {
    return `no JSON: ${text}`
  }
  const same = Array.isArray(given) && given.length === right.length && right.every((value, i) => value === given[i])
  return same ? undefined : `${way.path} of version ${version} for ${JSON.stringify(x)} must be ${JSON.stringify(right)} and is ${text}`
}

export default function trafficOf ({ host, slowEvery = Infinity }: Options): Traffic {
  return (index): Shot => {
    // Out of step with the number of rows.
    const way = index % slowEvery === slowEvery - 1 ? slow : ways[Math.floor(index / maxRows) % ways.length]
    const x = inputOf(index)
    return { model: way.model, bytes: post(host, way.path, JSON.stringify(way.body(x))), check: answer => fault(way, x, answer) }
  }
}
