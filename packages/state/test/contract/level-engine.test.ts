import { levelEngine } from '@millrace/state'
import { describeStateEngine, describeTaskState } from '@millrace/state/test-suite'

describeStateEngine('level', { engine: levelEngine() })
describeTaskState('level', { engine: levelEngine() })
