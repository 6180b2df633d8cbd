import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createApp } from './app.js'
import { loadLanguage, preferredLanguage } from './i18n/i18n.js'
import './styles.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
// Without the words of another language, the page is there in English.
void loadLanguage(preferredLanguage())
  .catch(() => undefined)
  .then(() => createRoot(root).render(<StrictMode>{createApp()}</StrictMode>))
