import { levelEngine } from '@millrace/state'
import { describeStateEngine, describeKeyValueStore } from '@millrace/state/test-suite'

describeStateEngine('level', { engine: levelEngine() })
describeKeyValueStore('level', { engine: levelEngine() })
