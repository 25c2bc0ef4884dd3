// Writes the pages under docs/ that come from the code. Needs a build.
import { writeFileSync } from 'node:fs'
import { configurationPage } from '../dist/config/docs.js'
import { embeddedPage } from '../dist/embedded/docs.js'

const write = (page, text) => writeFileSync(new URL(`../docs/${page}.md`, import.meta.url), text)

write('configuration', configurationPage())
write('embedded', embeddedPage())
