// The same hooks for Node versions that run them in a thread of their own (before 22.15); loaded by module.register only.
import { loadModule, resolveModule, type ResolveContext } from './modules.js'

type Next = (specifier: string, context?: object) => Promise<unknown>

export const resolve = async (specifier: string, context: ResolveContext, next: Next): Promise<unknown> => await resolveModule(specifier, context, next)

export const load = async (url: string, context: object, next: Next): Promise<unknown> => await loadModule(url, async plain => await next(plain, context))
