/** For values of which only the presence counts. */
import type { Serde } from '@millrace/state'

/** Writes no bytes, which is a value still (null has none at all), and reads any bytes as true. */
export const presenceSerde: Serde<unknown> = {
  name: 'presence',
  write() {},
  read: () => true
}
