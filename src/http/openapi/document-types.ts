// The parts of an OpenAPI 3.1 document that we write.

/** JSON Schema 2020-12. */
export type Schema = Readonly<Record<string, unknown>>

export interface Example { readonly summary?: string, readonly value: unknown }

export interface MediaType { readonly schema?: Schema, readonly examples?: Readonly<Record<string, Example>> }

export type Content = Readonly<Record<string, MediaType>>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description: string
  readonly schema: Schema
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description: string, readonly schema: Schema }>>
  readonly content?: Content
}

export interface Reference { readonly $ref: string }

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly required: boolean, readonly description?: string, readonly content: Content }
  readonly responses: Readonly<Record<string, Response | Reference>>
  /** Scopes by scheme; [] for an operation that needs none. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}

export type Method = 'get' | 'post' | 'put'

export type Paths = Record<string, Partial<Record<Method, Operation>>>

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string, readonly version: string, readonly summary: string, readonly description: string, readonly license: { readonly name: string, readonly identifier: string } }
  readonly servers: readonly { readonly url: string, readonly description: string }[]
  readonly security: readonly object[]
  readonly tags: readonly { readonly name: string, readonly description: string }[]
  readonly paths: Paths
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Response>>
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly securitySchemes?: Readonly<Record<string, object>>
  }
}

export const schemaRef = (name: string): Reference & Schema => ({ $ref: `#/components/schemas/${name}` })
export const responseRef = (name: string): Reference => ({ $ref: `#/components/responses/${name}` })
export const parameterRef = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` })
export const json = (schema: Schema, examples?: Readonly<Record<string, Example>>): Content => ({ 'application/json': { schema, ...(examples === undefined || Object.keys(examples).length === 0 ? {} : { examples }) } })
