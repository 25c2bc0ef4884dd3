// Lets a test's worker threads load src/*.ts by stripping types, without the test runner's own TypeScript loader, which costs each thread seconds.
import module from 'node:module'
import * as hooks from './strip-hooks.mjs'

if (module.registerHooks === undefined) module.register(new URL('./strip-hooks.mjs', import.meta.url))
else module.registerHooks({ resolve: hooks.resolve, load: hooks.load })
