// `import text from './001-calls.sql' with { type: 'text' }` is text, at run time and in bundles.
declare module '*.sql' {
  const text: string
  export default text
}
