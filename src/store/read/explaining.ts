// Errors of the database in words that say whether trying again helps: what is asked of a store by way
// of a session explains them itself (read-session.ts), everything else goes through here.
import { explainError } from './read-session.ts'

/** The same object, but what its methods reject with is explained. */
export function explaining<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...values: unknown[]) => {
        const result: unknown = member.apply(target, values)
        return result instanceof Promise ? result.catch(rethrow) : result
      }
    },
  })
}

function rethrow(error: unknown): never {
  throw explainError(error)
}
