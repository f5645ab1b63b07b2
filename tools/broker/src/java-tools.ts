/** Finds Java and Maven, and says plainly when one is missing. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { MillraceError } from '@millrace/state'

const run = promisify(execFile)

/** Kafka 4's broker is compiled for Java 17. */
const OLDEST_JAVA = 17

/** Rejects with `BROKER_TOOL_NO_JAVA` when there is no `java` of version 17 or later on the PATH. */
export async function requireJava(): Promise<void> {
  let output: string
  try {
    output = (await run('java', ['-version'])).stderr
  } catch (cause) {
    throw new MillraceError('BROKER_TOOL_NO_JAVA', 'no java on the PATH: install a JDK 17 or later', { cause })
  }
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0)
  if (version < OLDEST_JAVA) {
    const message = `java on the PATH is version ${version}: Kafka 4 needs 17 or later`
    throw new MillraceError('BROKER_TOOL_NO_JAVA', message, { details: { version } })
  }
}

/** Rejects with `BROKER_TOOL_NO_MAVEN` when there is no `mvn` on the PATH. */
export async function requireMaven(): Promise<void> {
  try {
    await run('mvn', ['-v'])
  } catch (cause) {
    throw new MillraceError('BROKER_TOOL_NO_MAVEN', 'no mvn on the PATH: install Maven 3', { cause })
  }
}
