import { memoryEngine } from '@millrace/state'
import { describeStateEngine, describeTaskState } from '@millrace/state/test-suite'

describeStateEngine('memory', { engine: memoryEngine() })
describeTaskState('memory', { engine: memoryEngine() })
