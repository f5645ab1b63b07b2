import { memoryEngine } from '@millrace/state'
import { describeStateEngine, describeKeyValueStore } from '@millrace/state/test-suite'

describeStateEngine('memory', { engine: memoryEngine() })
describeKeyValueStore('memory', { engine: memoryEngine() })
