// Values that break parsers: numbers, words, keys, headers, paths. Data for the mutations; what each aims at stands beside it.

/** Tokens as they stand in a JSON text, valid or not. */
export const tokens: readonly string[] = [
  'NaN', 'Infinity', '-Infinity', 'nan', 'null', 'true', '[]', '{}', '[[]]', '[[],[1]]', '[{}]', '""', '" "', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\uZZZZ"', '"\\x"', '"\n"', '"\u0000"',
  '0', '-0', '-0.0', '00', '01', '1.', '.5', '+1', '0x10', '1e', '1e+', '1e5', '1E400', '-1e400', '1e-400', '5e-324', '1.7976931348623157e308', '3.5e38', '3.4028236e38', '16777217', '0.1', '1.0', '1e0',
  '127', '128', '-129', '255', '256', '65535', '65536', '2147483647', '2147483648', '-2147483649', '4294967296', '9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775809', '18446744073709551615', '18446744073709551616',
  '123456789012345678901234567890', '1'.repeat(400), `0.${'3'.repeat(1000)}`, `1e${'9'.repeat(30)}`, `-${'9'.repeat(5000)}.5`,
  '{"b64":""}', '{"b64":"AAECAw=="}', '{"b64":"!"}', '{"b64":"AA"}', '{"b64":1}', '{"b64":"AA==","b64":"BB=="}', '{"b64":"AA==","x":1}', '{"outrigger:int":"12345678901234567890"}',
  '"NaN"', '"1"', '"true"', '"é\u{1f600}"', `"${'a'.repeat(70_000)}"`, `"${'é'.repeat(40_000)}"`, '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"toString":1,"valueOf":2}', '{"length":4294967295}', '{"dtype":"DT_FLOAT","shape":[1e9],"data":[]}'
]

/** Names for members, models, fields. */
export const names: readonly string[] = [
  '', ' ', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'toJSON', 'length', '0', '-1', 'b64', 'instances', 'inputs', 'examples', 'context', 'signature_name', 'signature', 'a/b', 'a~b', '~1', '..', '\u0000', '\ud800', 'é', '\u{1f600}', '$ref', '%s%n', '{{7*7}}', '<b>', "';--", 'n'.repeat(3000)
]

/** Whole header lines, valid or not. */
export const headerLines: readonly string[] = [
  'Content-Type: application/json; charset=utf-16', 'Content-Type: application/JSON', 'Content-Type: application/vnd.x+json', 'Content-Type: text/plain', 'Content-Type: text/plain; charset=latin1', 'Content-Type: image/png', 'Content-Type: image/jpeg', 'Content-Type: image/svg+xml', 'Content-Type: image/gif', 'Content-Type: application/octet-stream',
  'Content-Type: multipart/form-data', 'Content-Type: multipart/form-data; boundary=', 'Content-Type: multipart/form-data; boundary="a b"', 'Content-Type: multipart/form-data; boundary=fuzz-boundary; boundary=x', `Content-Type: multipart/form-data; boundary=${'b'.repeat(300)}`, 'Content-Type: multipart/mixed; boundary=fuzz-boundary', 'Content-Type: application/x-www-form-urlencoded', 'Content-Type: ;', 'Content-Type:', 'Content-Type: /', 'Content-Type: a/b/c', 'Content-Type: text/html;;;=', 'Content-Type: __proto__',
  'Content-Encoding: gzip', 'Content-Encoding: deflate', 'Content-Encoding: br', 'Content-Encoding: gzip, gzip', 'Content-Encoding: zstd', 'Content-Encoding: identity', 'Content-Encoding: GZIP', 'Content-Encoding: __proto__',
  'x-request-timeout-ms: 0', 'x-request-timeout-ms: -1', 'x-request-timeout-ms: 99999999999', 'x-request-timeout-ms: 1e3', 'x-request-timeout-ms: abc', 'x-request-timeout-ms: 20000',
  'outrigger-shape: 1', 'outrigger-shape: 999999999,999999999', 'outrigger-shape: 999999999,999999999,0', 'outrigger-shape: ', 'outrigger-shape: -1', 'outrigger-shape: []', 'outrigger-shape: [1,2', 'outrigger-shape: 1,,2', 'outrigger-shape: 1.5', `outrigger-shape: ${Array(300).fill('1').join(',')}`, 'outrigger-shape: 0',
  'outrigger-signature: none', 'outrigger-signature: __proto__', 'outrigger-signature: bump', 'outrigger-signature: \u00e9', 'outrigger-signature:',
  'x-request-id: a b', 'x-request-id: ok-1', `x-request-id: ${'x'.repeat(200)}`, 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'traceparent: x', 'traceparent: 00-00000000000000000000000000000000-0000000000000000-00',
  'Accept: image/png', 'Accept: */*;q=0', 'Accept: application/openmetrics-text', 'Accept-Encoding: gzip', 'Accept-Version: 1.2.3', 'Range: bytes=0-1', 'If-None-Match: *', 'If-Modified-Since: x', 'Origin: https://example.com', 'Origin: null', 'Access-Control-Request-Method: POST', 'Cookie: a=b; __proto__=c', 'Authorization: Bearer x', 'X-Forwarded-For: 127.0.0.1', 'X-HTTP-Method-Override: DELETE', 'User-Agent: ', `User-Agent: ${'u'.repeat(4000)}`, `X-Long: ${'y'.repeat(8000)}`, 'X-Empty:', 'X-Bytes: \u00ff\u00fe', '__proto__: x', 'constructor: x'
]

/** Header lines after which it is open how many answers come, or whether the bytes are a request at all. */
export const framingLines: readonly string[] = [
  'Content-Length: 0', 'Content-Length: 5', 'Content-Length: -1', 'Content-Length: 1e3', 'Content-Length: 0x10', 'Content-Length: 99999999999', 'Content-Length: 18446744073709551617', 'Content-Length: 3, 3', 'Content-Length: ', 'Content-Length: abc',
  'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked, gzip', 'Transfer-Encoding: identity', 'Transfer-Encoding: xchunked', 'Transfer-Encoding : chunked', 'Transfer-Encoding:\tchunked',
  'Expect: 100-continue', 'Expect: 200-ok', 'Connection: Upgrade\r\nUpgrade: websocket', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', 'Connection: keep-alive', 'Connection: __proto__', 'Trailer: X', 'Host: other', 'Host:', 'Host: a b', 'Host: [::1', `X-Longer: ${'z'.repeat(20_000)}`, Array.from({ length: 2100 }, (_, i) => `X-${i}: y`).join('\r\n'),
  'No-Colon', ': no name', ' leading: blank', 'Na me: x', 'Nul: a\u0000b', 'Fold: a\r\n b', 'Bare: a\rb', 'Line: a\nb', 'Tab\t: x', '\u00e9: x'
]

/** Pieces of request targets. */
export const pathPieces: readonly string[] = ['/', '//', '/./', '/../', '/..%2f', '%2F', '%2f', '%00', '%', '%zz', '%ff', '%c0%af', '%e2%82', '%25', '%3A', ':', ':predict', ':classify:predict', ';a=b', '?', '?signature=', '?signature=a&signature=b', '?signature[]=x', '?__proto__=x', '?signature=__proto__', '#x', '*', '\\', '|', '^', '"', '<', '{model}', '\u00e9', '+', '~', '.json', 'versions', '/versions/', '/versions/0', '/versions/-1', '/versions/00001', '/versions/1.0', '/versions/9223372036854775807', '/versions/9223372036854775808', `/versions/${'9'.repeat(100)}`, '/versions/__proto__', '/labels/', '/labels/__proto__', '/labels/constructor', '/labels/%00', '/evaluate', '/metadata', '__proto__', 'constructor', 'toString', 'x'.repeat(300), 'y'.repeat(5000), '/a'.repeat(500), '%41'.repeat(900)]

export const wholeTargets: readonly string[] = ['*', '', '/', '//', 'http://127.0.0.1/health', 'http://other/v1/models/titanic', 'HTTPS://x/models', 'health', '/%', '/%00', '/models/%2e%2e/%2e%2e/etc/passwd', '/docs/../../etc/passwd', '/docs/static/..%2f..%2f..%2fpackage.json', '/docs/static/%2e%2e/%2e%2e/package.json', '/docs/json', '/docs/yaml', '/v1', '/v1/', '/v1/models', '/v1/models/', '/v1/models//metadata', '/V1/Models/titanic', '/v1/models/:predict', '/v1/models/titanic:', '/v2/models/titanic/infer', `/${'a'.repeat(17_000)}`, '/models//evaluate', '/models/ /evaluate', '127.0.0.1:80', '//evil.example/..', '/?', '/evaluate?signature=%ff']

export const methods: readonly string[] = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'SEARCH', 'LOCK', 'REPORT', 'MKCOL']

/** Methods that Node's parser may not know, or that make no request of it. */
export const framingMethods: readonly string[] = ['CONNECT', 'get', 'G', 'PRI', 'FOO', 'POST ', '', 'GET\t', 'M-SEARCH', '\u00e9']
