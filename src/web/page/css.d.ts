// The bundler takes care of these.
declare module '*.css'
