// What is asked of the database by way of a session is bounded and explained there (read-session.ts);
// everything else goes through here: a database that has vanished without a word is given up, and errors
// come in words that say whether trying again helps.
import type { SQL } from 'bun'
import { answeredWithin } from '../postgres/connect.ts'
import { explainError } from './read-session.ts'

/** Waiting for a free connection is part of it: longer than any request may take, or the wait behind slow searches would look like a database that is gone, and end them. */
const ANSWER_MS_MAX = 65_000

/** The same object, but its methods give up a database that does not answer, and reject with reasons. */
export function explaining<Store extends object>(
  sql: SQL,
  store: Store,
  answerMsMax: number = ANSWER_MS_MAX,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...values: unknown[]) => {
        const result: unknown = member.apply(target, values)
        if (!(result instanceof Promise)) return result
        return answeredWithin(sql, answerMsMax, () => result).catch(rethrow)
      }
    },
  })
}

function rethrow(error: unknown): never {
  throw explainError(error)
}
