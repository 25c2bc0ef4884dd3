// Reads the curl commands of a Markdown file's shell blocks and makes requests of them, so that what the docs print is what is tested. No tests here.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export interface Command {
  readonly text: string
  readonly path: string
  /** The request as curl would send it; files are read relative to the folder, or to the `cd` before the command. */
  readonly init: (folder: string) => RequestInit
}

/** Words of a shell command: blanks part, single and double quotes hold together. Nothing is expanded. */
const words = (line: string): string[] => [...line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g)].map(([word]) =>
  word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single: string | undefined, double: string | undefined, other: string | undefined) => single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? other ?? ''))

/** The base64 text of a file, as docs/samples.md makes it in the shell. */
const base64OfFile = /\$\(base64 < (\S+) \| tr -d '\\n'\)/

/** Every curl command of the sh blocks against the address that npm start prints. Throws on an option that is not understood. */
export function commandsOf (markdown: string): Command[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => {
    let below = ''
    return block!.replaceAll('\\\n', ' ').split('\n').flatMap(line => {
      if (line.startsWith('cd ')) below = line.slice(3).trim()
      return line.startsWith('curl ') ? [commandOf(line, below)] : []
    })
  })
}

function commandOf (text: string, below: string): Command {
  const embedded = base64OfFile.exec(text)
  const args = words(embedded === null ? text : text.replace(embedded[0], 'BASE64')).slice(1)
  let url: URL | undefined
  const headers = new Headers()
  let body: ((folder: string) => string | Uint8Array<ArrayBuffer> | FormData) | undefined
  const file = (folder: string, name: string): Buffer<ArrayBuffer> => Buffer.from(readFileSync(join(folder, below, name)))
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!
    if (word === '-s') continue
    if (word === '-H') {
      const [name, value] = args[++i]!.split(/: */, 2)
      headers.set(name!, value!)
    } else if (word === '-d' || word === '--data-binary') {
      const data = args[++i]!
      if (!headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded')
      body = folder => data.startsWith('@') ? file(folder, data.slice(1)) : embedded === null ? data : data.replace('BASE64', file(folder, embedded[1]!).toString('base64'))
    } else if (word === '-F') {
      const [name, value] = args[++i]!.split('=@', 2)
      body = folder => {
        const form = new FormData()
        const type = /\.png$/.test(value!) ? 'image/png' : 'image/jpeg'
        form.set(name!, new Blob([file(folder, value!)], { type }), basename(value!))
        return form
      }
    } else if (/^http:\/\/127\.0\.0\.1:8501/.test(word)) url = new URL(word)
    else throw new Error(`what is ${word} in ${text}?`)
  }
  if (url === undefined) throw new Error(`no address in ${text}`)
  return {
    text,
    path: url.pathname + url.search,
    init: folder => body === undefined ? { headers } : { method: 'POST', headers, body: body(folder) }
  }
}
