// The screen: static files that talk to the API and to nothing else.
export { buildPage, type PageFile } from './build-page.ts'
