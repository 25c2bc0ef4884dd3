// Asks a model server's program for its version, once, within a limit. Knows no running server.
import { execFile } from 'node:child_process'
import { childEnvironment } from './environment.js'

/** A program of a gigabyte from a cold disk takes seconds to start. */
const answerWithinMs = 10_000
const maxBytes = 16_384
const longest = 200

/** The version in what tensorflow_model_server prints for --version, such as `TensorFlow ModelServer: 2.18.0-rc0+dev.sha.123`; null where there is none. */
export function versionIn (text: string): string | null {
  return /^TensorFlow ModelServer:\s*(\S+)/m.exec(text)?.[1]?.slice(0, longest) ?? null
}

/** Null for a program that does not say it, fails or takes too long; never rejects. It gets the environment of a model server and no more. */
export async function programVersion (file: string, environment: Readonly<NodeJS.ProcessEnv>, withinMs = answerWithinMs): Promise<string | null> {
  return await new Promise(resolve => {
    execFile(file, ['--version'], { timeout: withinMs, killSignal: 'SIGKILL', maxBuffer: maxBytes, env: childEnvironment(environment, 'tensorflow'), windowsHide: true }, (_error, stdout, stderr) => { resolve(versionIn(`${stdout}\n${stderr}`)) })
  })
}
