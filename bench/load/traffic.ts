// What a generator sends, and how it knows a right answer from a wrong one. A traffic is a module of its own, which the generator's process loads. Knows no connection.

export interface Answer {
  readonly status: number
  /** By lower-case name; of repeated headers the last one. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** One request, and what its answer must be. */
export interface Shot {
  /** The whole request as it goes over the wire: HTTP/1.1, with its length, without `connection: close`. */
  readonly bytes: Buffer
  /** What is asked, for the answer's version to be noted with. */
  readonly model: string
  /** What is wrong with an answer of status 200; undefined when nothing is. */
  check (answer: Answer): string | undefined
}

/** The nth request. Each index gives another input, so that an answer that belongs to somebody else is wrong. */
export type Traffic = (index: number) => Shot

/** What the module of a traffic exports as its default. */
export type TrafficModule<Options> = (options: Options) => Traffic | Promise<Traffic>

/** The bytes of a POST of JSON. */
export function post (host: string, path: string, body: string): Buffer {
  return Buffer.from(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
