// Hints for paths that fit no route, and the methods of those that do.
import t from 'tap'
import { fits, methodsOf, nearestRoutes, readable } from '../../../src/http/plugins/nearest-routes.js'

const routes = [
  { method: 'GET', pattern: '/models' }, { method: 'HEAD', pattern: '/models' }, { method: 'GET', pattern: '/models/:model' },
  { method: 'POST', pattern: '/models/:model/evaluate' }, { method: 'POST', pattern: '/evaluate' }, { method: 'GET', pattern: '/health' }, { method: 'GET', pattern: '/v1/*' }
]

t.test('patterns and paths', async t => {
  t.ok(fits('/models/:model', '/models/a'))
  t.notOk(fits('/models/:model', '/models/'))
  t.notOk(fits('/models/:model', '/models/a/b'))
  t.ok(fits('/v1/*', '/v1/models/a:predict'))
  t.notOk(fits('/v1/*', '/v2/x'))
  t.equal(readable('/models/:model/versions/:version'), '/models/{model}/versions/{version}')
})

t.test('the methods of a path', async t => {
  t.same(methodsOf(routes, '/models'), ['GET', 'HEAD'])
  t.same(methodsOf(routes, '/models/x/evaluate'), ['POST'])
  t.same(methodsOf(routes, '/nothing'), [])
})

t.test('hints', async t => {
  t.same(nearestRoutes(routes, 'GET', '/healthz'), ['GET /health'])
  t.equal(nearestRoutes(routes, 'POST', '/models/titanic/evalute')[0], 'POST /models/{model}/evaluate')
  t.equal(nearestRoutes(routes, 'POST', '/evaluation')[0], 'POST /evaluate')
  t.same(nearestRoutes(routes, 'GET', '/wp-admin/setup/config.php/x'), [])
  t.ok(nearestRoutes(routes, 'GET', '/' + 'x/'.repeat(5000) + 'y'.repeat(100_000)).length <= 3, 'a long path costs no more')
})
