// The command `outrigger model-server`: the embedded model server as a process of its own.
export { runModelServer } from '../embedded/main.js'
