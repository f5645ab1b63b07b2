/** Opens the database in the directory given and holds it until the process is killed. */
import { levelEngine } from '@millrace/state'

await levelEngine().open(process.argv[2]!)
console.log('open')
setInterval(() => undefined, 1_000_000)
