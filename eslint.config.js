// Lint rules: correctness that the compiler cannot see, and which way imports point (docs/architecture.md).
import tseslint from 'typescript-eslint'

/** Packages and modules that only the named folders touch. */
const owners = [
  { files: ['src/http/**', 'src/serve.ts', 'src/cli/**'], names: ['fastify', '@fastify/*', 'fastify-plugin'] },
  { files: ['src/grpc/**', 'src/embedded/**'], names: ['@grpc/grpc-js', '@grpc/proto-loader'] },
  { files: ['src/engine/**'], names: ['node:child_process', 'child_process'] },
  { files: ['src/consul/**'], names: ['consul'] },
  { files: ['src/auth/**'], names: ['jose'] },
  { files: ['src/media/**', 'src/handlers/**'], names: ['sharp'] }
]

/** What a folder may not import, as paths relative to src. */
const walls = [
  { files: ['src/tensor/**'], not: ['http', 'grpc', 'engine', 'inference', 'repository', 'handlers', 'embedded', 'consul', 'config'] },
  { files: ['src/inference/**'], not: ['http', 'grpc', 'repository', 'consul', 'embedded', 'config'] },
  { files: ['src/http/**'], not: ['engine', 'repository', 'consul', 'embedded', 'config'] },
  { files: ['src/engine/**'], not: ['http', 'repository', 'consul', 'embedded', 'inference', 'config'] },
  { files: ['src/repository/**'], not: ['http', 'grpc', 'consul', 'embedded'] },
  { files: ['src/embedded/**'], not: ['http', 'engine', 'repository', 'consul', 'inference', 'handlers'] },
  { files: ['src/consul/**'], not: ['http', 'engine', 'repository', 'embedded', 'inference', 'grpc', 'config'] },
  { files: ['src/grpc/**'], not: ['http', 'engine', 'repository', 'consul', 'embedded', 'inference', 'config'] },
  { files: ['src/tfrecord/**', 'src/warmup/**', 'src/lock/**'], not: ['http', 'grpc', 'engine', 'inference', 'repository', 'consul', 'embedded', 'handlers', 'config'] },
  { files: ['src/auth/**'], not: ['http', 'grpc', 'engine', 'inference', 'repository', 'handlers', 'embedded', 'consul', 'config', 'tensor'] },
  { files: ['src/handlers/**'], not: ['http', 'engine', 'repository', 'consul', 'embedded', 'grpc', 'config'] }
]

const patternOf = folder => ({ group: [`**/${folder}/**`], allowTypeImports: true, message: `this folder does not import ${folder}/ (types excepted); see docs/architecture.md` })

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.tap/', 'coverage/'] },
  { files: ['**/*.ts'], extends: [tseslint.configs.strict, tseslint.configs.stylistic] },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      eqeqeq: 'error',
      'no-console': 'error'
    }
  },
  ...walls.map(({ files, not }) => ({
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        patterns: [
          ...not.map(patternOf),
          ...owners.filter(owner => !owner.files.includes(files[0])).map(({ names }) => ({ group: names, allowTypeImports: true, message: 'another folder owns this package' }))
        ]
      }]
    }
  })),
  // tap's t.test at the top level is awaited by the runner.
  { files: ['test/**'], rules: { '@typescript-eslint/no-floating-promises': 'off' } },
  { files: ['src/**'], ignores: ['src/config/**', 'src/embedded/main.ts'], rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'the environment is read in config/ only' }] } }
)
