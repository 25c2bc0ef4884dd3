// Writes the pages under docs/ that come from the code. Needs a build.
import { writeFileSync } from 'node:fs'
import { configurationPage } from '../dist/config/docs.js'

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage())
