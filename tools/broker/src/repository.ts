/** Where the repository is, seen from the compiled tool. */
import { fileURLToPath } from 'node:url'

/** The repository's root directory. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url))

/** What is downloaded or remembered between runs; git ignores it. */
export const cacheDirectory = fileURLToPath(new URL('../../../.cache/', import.meta.url))

/** Names the jars to fetch. */
export const pomFile = fileURLToPath(new URL('../pom.xml', import.meta.url))
