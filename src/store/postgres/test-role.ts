// A role of a test's own whose password is changed while somebody works with it. What it makes belongs
// to the owner of the database, so two roles can take turns, as a rotation with two users does it.
import { SQL } from 'bun'
import type { TestDatabase } from './test-server.ts'

let roles = 0

export class TestRole implements AsyncDisposable {
  readonly name = `rotated_${process.pid}_${++roles}`
  readonly #database: TestDatabase
  readonly #admin: SQL

  private constructor(database: TestDatabase) {
    this.#database = database
    this.#admin = new SQL({ url: database.adminUrl, max: 1 })
  }

  static async create(database: TestDatabase, password: string): Promise<TestRole> {
    const role = new TestRole(database)
    await role.#admin.unsafe(
      `create role ${role.name} login password '${password}' in role calliope;
       alter role ${role.name} set role calliope`,
    )
    return role
  }

  urlWith(password: string): string {
    return Object.assign(new URL(this.#database.url), { username: this.name, password }).href
  }

  /** From now on; open connections stay. */
  async changePassword(password: string): Promise<void> {
    await this.#admin.unsafe(`alter role ${this.name} password '${password}'`)
  }

  async forbidLogin(): Promise<void> {
    await this.#admin.unsafe(`alter role ${this.name} nologin`)
  }

  /** Ends its connections, busy or not (or the idle ones), and says how many there were. */
  async dropConnections({ idleOnly = false } = {}): Promise<number> {
    const dropped = await this.#admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where usename = ${this.name} and (not ${idleOnly} or state = 'idle')`
    return dropped.length
  }

  /** Connections on which something runs. */
  async busyConnections(): Promise<number> {
    const [found] = await this.#admin`
      select count(*)::int as count from pg_stat_activity
      where usename = ${this.name} and state = 'active'`
    return found.count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dropConnections()
    await this.#admin.unsafe(`alter role ${this.name} nologin; drop role ${this.name}`)
    await this.#admin.close({ timeout: 0 })
  }
}
