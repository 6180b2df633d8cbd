import { defineConfig } from '@playwright/test'
import everyday from '../playwright.config.js'

/** Measurements run one after the other, and leave no report. */
export default defineConfig({ ...everyday, testDir: '.', workers: 1, reporter: 'list', expect: { timeout: 60_000 } })
