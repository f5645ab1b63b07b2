/** The rules that need types: a promise that nobody awaits is the bug that an asynchronous runtime dies of. */
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['**/dist/**', '**/dist-test/**', '**/node_modules/**', '**/target/**', '.cache/**', 'coverage/**'] },
  {
    files: ['packages/**/*.ts', 'examples/**/*.ts', 'tools/**/*.ts', 'benchmarks/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/require-await': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { disallowTypeAnnotations: false, fixStyle: 'inline-type-imports' }
      ],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines': ['error', { max: 500 }],
      'no-empty': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(ExportDefaultDeclaration, ExportSpecifier[exported.name="default"])',
          message: 'Export by name.'
        }
      ]
    }
  },
  {
    // A foreign module may have one.
    files: ['**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off' }
  },
  {
    files: ['**/test/**/*.ts'],
    rules: { '@typescript-eslint/require-await': 'off' }
  }
)
