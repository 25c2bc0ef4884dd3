// Lets a request in by its token: who it is, and whether its scopes allow this route for this model (RFC 6750). Before the body is read.
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Auth } from '../../auth/auth.js'
import { bearerToken } from '../../auth/bearer.js'
import { allows, neededScope } from '../../auth/grants.js'
import type { Identity } from '../../auth/tokens.js'
import { OutriggerError } from '../../errors.js'
import type { Registry } from '../../inference/registry.js'
import { wantedBy, type Wanted } from '../access.js'

export interface TokenOptions {
  readonly auth: Pick<Auth, 'tokens' | 'isOpen'>
  readonly service: { readonly registry: Registry }
}

/** The header WWW-Authenticate that goes with an error. Descriptions hold neither quotes nor anything of the token. */
function challenge (error: OutriggerError, scope?: string): string | undefined {
  const realm = 'Bearer realm="outrigger"'
  switch (error.code) {
    case 'AUTH_REQUIRED': return realm
    case 'AUTH_REQUEST': return `${realm}, error="invalid_request", error_description="${error.message}"`
    case 'AUTH_TOKEN_INVALID': return `${realm}, error="invalid_token", error_description="${error.message}"`
    case 'AUTH_SCOPE': return `${realm}, error="insufficient_scope", scope="${scope ?? ''}"`
    default: return undefined
  }
}

function scopeFault ({ grants }: Identity, { access, model }: Wanted): { error: OutriggerError, scope: string } | undefined {
  if (allows(grants, access, model)) return undefined
  const scope = neededScope(access, model) ?? ''
  const needs = scope === access ? `the scope ${access}` : `the scope ${access} or ${scope}`
  return { scope, error: new OutriggerError('AUTH_SCOPE', `The token does not allow this: ${needs} is needed`, model === undefined ? {} : { model }) }
}

export default fp(async function tokens (app: FastifyInstance, { auth, service: { registry } }: TokenOptions) {
  const { tokens } = auth
  if (tokens === undefined) return

  function refuse (reply: FastifyReply, error: OutriggerError, scope?: string): never {
    const header = challenge(error, scope)
    if (header !== undefined) void reply.header('www-authenticate', header)
    throw error
  }

  app.addHook('onRequest', async (request, reply) => {
    const { caller } = request
    const wanted = wantedBy(request, registry)
    if (caller.viaAdminSocket || wanted.access === 'open' || (wanted.area !== undefined && auth.isOpen(wanted.area))) return
    try {
      const token = bearerToken(request.raw.rawHeaders)
      if (token === undefined) throw new OutriggerError('AUTH_REQUIRED', 'This needs a token, in the header Authorization: Bearer …')
      caller.identity = await tokens.check(token)
    } catch (error) {
      if (error instanceof OutriggerError) refuse(reply, error)
      throw error
    }
    const fault = scopeFault(caller.identity, wanted)
    if (fault !== undefined) refuse(reply, fault.error, fault.scope)
  })

  // Once more when the body is there: which model is the default one may have changed while it came.
  app.addHook('preHandler', (request, reply, done) => {
    const { identity } = request.caller
    const fault = identity === undefined ? undefined : scopeFault(identity, wantedBy(request, registry))
    if (fault !== undefined) reply.header('www-authenticate', challenge(fault.error, fault.scope))
    done(fault?.error)
  })
}, { name: 'tokens', dependencies: ['caller-address'] })
