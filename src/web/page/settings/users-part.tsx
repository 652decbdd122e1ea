// Who may log in: add, change, log out, remove.
import { useState } from 'preact/hooks'
import type { RoleName, UserRow } from '#contract'
import { renewSession, useSession } from '../login/use-session.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { Field } from './field.tsx'
import { type Column, Rows } from './rows.tsx'
import { SureButton } from './sure-button.tsx'
import { useForm } from './use-form.ts'
import { When } from './when.tsx'

export const ROLES: readonly (readonly [RoleName, string])[] = [
  ['viewer', 'viewer: searches, opens, exports'],
  ['engineer', 'engineer: also shares, tries frames again, names hosts'],
  ['admin', 'admin: everything'],
]

/** The users. */
export function UsersPart() {
  const [again, setAgain] = useState(0)
  const [changing, setChanging] = useState<UserRow>()
  const { value, failure } = useAnswer<{ users: readonly UserRow[] }>(apiPath('users'), again)
  const isFirst = value?.users.length === 0
  const done = (text: string) => {
    toast(text)
    setAgain((n) => n + 1)
    renewSession()
  }
  const columns: readonly Column<UserRow>[] = [
    ['User', ({ name }) => <b>{name}</b>],
    ['Role', ({ role }) => role],
    ['Logs in by', ({ hasPassword, issuer }) => (hasPassword ? 'password' : (issuer ?? '–'))],
    ['Last login', ({ lastLoginAt }) => <When at={lastLoginAt} otherwise="never" />],
    ['Sessions', ({ sessions }) => sessions],
  ]
  return (
    <>
      {isFirst && (
        <p class="note">
          There are no users: everybody on this machine may do everything. From the first one on
          everybody has to log in.
        </p>
      )}
      <AddUser key={isFirst ? 'first' : 'more'} isFirst={isFirst} done={done} />
      {failure && <ErrorNote failure={failure} />}
      <Rows
        rows={value?.users}
        columns={columns}
        keyOf={({ name }) => name}
        empty="No users yet."
        actions={(user) => (
          <>
            <button type="button" onClick={() => setChanging(user)}>
              Change
            </button>
            <SureButton
              label="Log out everywhere"
              path={apiPath(`users/${encodeURIComponent(user.name)}/sessions`)}
              done={() => done(`${user.name} is logged out everywhere`)}
              disabled={user.sessions === 0}
            />
            <SureButton
              label="Remove"
              danger
              path={apiPath(`users/${encodeURIComponent(user.name)}`)}
              done={() => done(`${user.name} is removed`)}
            />
          </>
        )}
      />
      {changing && (
        <ChangeUser
          user={changing}
          close={() => setChanging(undefined)}
          done={(text) => {
            setChanging(undefined)
            done(text)
          }}
        />
      )}
    </>
  )
}

function AddUser({ isFirst, done }: { isFirst: boolean; done: (text: string) => void }) {
  const form = useForm('POST', apiPath('users'))
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<RoleName>(isFirst ? 'admin' : 'viewer')
  const add = async () => {
    if (!(await form.send({ name, role, password }))) return
    setName('')
    setPassword('')
    done(`${name} may log in`)
  }
  return (
    <form
      class="settings-form"
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <Field label="User" name="name" form={form}>
        {(field) => (
          <input
            {...field}
            value={name}
            autocomplete="off"
            autocapitalize="none"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Password" name="password" form={form} hint="At least 12 characters.">
        {(field) => (
          <input
            {...field}
            type="password"
            autocomplete="new-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      <RoleField form={form} role={role} setRole={setRole} />
      <button type="submit" class="primary" disabled={form.busy}>
        Add user
      </button>
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
    </form>
  )
}

/** Choosing a role. */
export function RoleField({
  form,
  role,
  setRole,
}: {
  form: Parameters<typeof Field>[0]['form']
  role: RoleName
  setRole: (role: RoleName) => void
}) {
  return (
    <Field label="Role" name="role" form={form} hint={ROLES.find(([name]) => name === role)?.[1]}>
      {(field) => (
        <select
          {...field}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as RoleName)}
        >
          {ROLES.map(([name]) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function ChangeUser({
  user,
  close,
  done,
}: {
  user: UserRow
  close: () => void
  done: (text: string) => void
}) {
  const form = useForm('PUT', apiPath(`users/${encodeURIComponent(user.name)}`))
  const [role, setRole] = useState(user.role)
  const [password, setPassword] = useState('')
  const own = useSession().value?.who?.name === user.name
  const change = async () => {
    const body = { ...(role === user.role ? {} : { role }), ...(password ? { password } : {}) }
    if (await form.send(body)) done(`${user.name} is changed`)
  }
  return (
    <Dialog title={user.name} close={close}>
      <form
        class="settings-form stacked"
        onSubmit={(event) => {
          event.preventDefault()
          void change()
        }}
      >
        <RoleField form={form} role={role} setRole={setRole} />
        <Field
          label="New password"
          name="password"
          form={form}
          hint={`Empty: the old one stays. A new one ends ${own ? 'your own sessions, this one too' : 'their sessions'}.`}
        >
          {(field) => (
            <input
              {...field}
              type="password"
              autocomplete="new-password"
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
        <button type="submit" class="primary" disabled={form.busy}>
          Change
        </button>
      </form>
    </Dialog>
  )
}
