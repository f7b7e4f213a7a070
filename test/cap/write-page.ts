/** `npm run cap`: writes the page. */
import { writeFileSync } from "node:fs"
import { page, pagePath } from "./page.ts"

writeFileSync(new URL(`../../${pagePath}`, import.meta.url), page())
