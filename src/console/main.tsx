import './style/tokens.css'
import './style/base.css'
import './style/forms.css'
import './style/layout.css'
import './style/parts.css'
import { QueryClientProvider } from '@tanstack/preact-query'
import { render } from 'preact'
import { queries } from './api/queries.ts'
import { App } from './app.tsx'

const root = document.getElementById('console')
if (!root) throw new Error('the page is not the console')
render(
  <QueryClientProvider client={queries}>
    <App />
  </QueryClientProvider>,
  root,
)
