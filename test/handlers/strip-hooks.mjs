// The hooks of strip-loader.mjs: `./x.js` is `./x.ts` where that stands, and types are taken out.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const { transformSync } = createRequire(import.meta.url)('amaro')
const ours = new URL('../../src/', import.meta.url).href

export function resolve (specifier, context, next) {
  if (context.parentURL?.startsWith(ours) && specifier.startsWith('.')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (existsSync(fileURLToPath(url))) return { url: url.href, format: 'module', shortCircuit: true }
  }
  return next(specifier, context)
}

export function load (url, context, next) {
  if (!url.startsWith(ours) || !url.endsWith('.ts')) return next(url, context)
  return { format: 'module', source: transformSync(readFileSync(fileURLToPath(url), 'utf8'), { mode: 'strip-only' }).code, shortCircuit: true }
}
