/** The Java program in conformance/java, which runs scenarios on Kafka Streams. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { CONFORMANCE } from './cases.js'
import type { Result, Scenario } from './scenario.js'

const project = join(CONFORMANCE, 'java')

/** Compiles the program where it is older than its sources. Needs a JDK 17 and Maven. */
function compile(): void {
  const classes = join(project, 'target', 'classes')
  const sources = [join(project, 'pom.xml'), ...files(join(project, 'src', 'main', 'java'))]
  const compiled = existsSync(classes) ? Math.min(...files(classes).map(changed)) : 0
  if (compiled > Math.max(...sources.map(changed))) return
  execFileSync(
    'mvn',
    ['-q', '-B', 'clean', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/jars'],
    { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] }
  )
}

export type ApplicationCommand =
  | { readonly application: string; readonly do?: 'stop' }
  | {
      readonly application: string
      readonly do: 'start'
      readonly brokers: string
      readonly scenario: Scenario
      readonly caching: boolean
      readonly stateDirectory: string
      readonly commitIntervalMs: number
    }

export interface ApplicationState {
  /** Kafka Streams' word for it; none where it was stopped. */
  readonly state?: string
  /** Why it has ended by itself. */
  readonly failed?: string
}

/** A running program. Scenarios are answered in the order they are given. */
export class Java {
  readonly #process: ChildProcess
  readonly #waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = []

  constructor() {
    compile()
    const classpath = ['target/classes', 'target/jars/*'].join(delimiter)
    this.#process = spawn('java', ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath, 'millrace.Main'], {
      cwd: project,
      stdio: ['pipe', 'pipe', 'inherit']
    })
    createInterface({ input: this.#process.stdout! }).on('line', line => {
      this.#waiting.shift()!.resolve(JSON.parse(line))
    })
    this.#process.once('close', code => {
      for (const { reject } of this.#waiting) reject(new Error(`The Java program ended with ${code}`))
    })
  }

  run(scenario: Scenario): Promise<Result> {
    return this.#ask(scenario) as Promise<Result>
  }

  /** Starts or stops a scenario as an application on a broker, or only asks for its state. */
  application(command: ApplicationCommand): Promise<ApplicationState> {
    return this.#ask(command) as Promise<ApplicationState>
  }

  #ask(question: object): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`)
    return answer
  }

  close(): void {
    this.#process.stdin!.end()
  }
}

function files(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

function changed(path: string): number {
  return statSync(path).mtimeMs
}
