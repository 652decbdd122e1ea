// Puts the screen on the page.
import { render } from 'preact'
import './theme.css'
import './shell.css'
import '../parts/parts.css'
import { App } from './app.tsx'
import { followTheme } from './theme.ts'

followTheme()
render(<App />, document.getElementById('app')!)
