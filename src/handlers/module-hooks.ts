// Puts the handlers' way of finding modules into this thread's loader, once. Knows no handler.
import module from 'node:module'
import { besideModule } from '../module-url.js'
import { loadModule, resolveModule, type ResolveContext } from './modules.js'

type Next<R> = (specifier: string, context?: object) => R

interface Hooks {
  resolve (specifier: string, context: ResolveContext, next: Next<unknown>): unknown
  load (url: string, context: object, next: Next<unknown>): unknown
}

const registerHooks = (module as unknown as { registerHooks?: (hooks: Hooks) => unknown }).registerHooks

let installed = false

/** Node 22.15 and later run the hooks in this thread; before, `module.register` runs them in a thread of Node's own. */
export function installModuleHooks (): void {
  if (installed) return
  installed = true
  if (registerHooks === undefined) {
    module.register(besideModule(import.meta.url, 'module-hooks-thread'))
    return
  }
  registerHooks({
    resolve: (specifier, context, next) => resolveModule(specifier, context, next),
    load: (url, context, next) => loadModule(url, plain => next(plain, context))
  })
}
