/** The engine of docs/guides/state-engines.md. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type DatabaseBatch, mappedIteration, type StateDatabase, type StateEngine } from '@millrace/state'

/** Encrypts the values of another engine with AES-256-GCM; keys stay as they are, since ranges go by their order. */
export function encrypted(engine: StateEngine, secret: Buffer): StateEngine {
  return {
    name: `encrypted-${engine.name}`,
    open: async directory => encryptedDatabase(await engine.open(directory), secret)
  }
}

function encryptedDatabase(database: StateDatabase, secret: Buffer): StateDatabase {
  return {
    get(key) {
      const sealed = database.get(key)
      return sealed === undefined ? undefined : unseal(key, sealed, secret)
    },
    batch: () => encryptedBatch(database.batch(), secret),
    iterate: range => mappedIteration(database.iterate(range), ([key, sealed]) => [key, unseal(key, sealed, secret)]),
    clear: range => database.clear(range),
    sync: () => database.sync(),
    close: () => database.close()
  }
}

function encryptedBatch(batch: DatabaseBatch, secret: Buffer): DatabaseBatch {
  return {
    put: (key, value) => batch.put(key, seal(key, value, secret)),
    delete: key => batch.delete(key),
    get operationCount() {
      return batch.operationCount
    },
    write: options => batch.write(options),
    discard: () => batch.discard()
  }
}

/** 12 bytes that never come again, 16 that tell whether all is as it was written under this key, and the value. */
function seal(key: Buffer, value: Buffer, secret: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(key)
  const text = Buffer.concat([cipher.update(value), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

function unseal(key: Buffer, sealed: Buffer, secret: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12)).setAAD(key)
  decipher.setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])
}
