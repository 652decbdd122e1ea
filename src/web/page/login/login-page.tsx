// Logging in: by name and password, or at the identity provider. Afterwards one is where one wanted to go.
import '../settings/settings.css'
import './login.css'
import { useEffect, useState } from 'preact/hooks'
import { ErrorNote } from '../parts/error-note.tsx'
import { Field } from '../settings/field.tsx'
import { useForm } from '../settings/use-form.ts'
import { apiPath } from '../shell/fetch-json.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'
import { renewSession, useSession } from './use-session.ts'

/** The whole window is the form. */
export function LoginPage({ address }: PageProps) {
  useTitle('Log in')
  const { value: session, failure } = useSession()
  const next = pathOf(address.query.next)
  // Whoever is in already, or need not be, goes on.
  useEffect(() => {
    if (session?.who) location.replace(next)
  }, [session, next])
  if (!session)
    return failure ? <ErrorNote failure={failure} /> : <p class="page-wait" aria-busy="true" />
  const { oidc, users, token } = session.login
  const byPassword = users || token || !oidc
  return (
    <div class="login">
      <div class="login-box">
        <h1>Calliope</h1>
        {address.query.failed && (
          <p class="error" role="alert">
            {address.query.failed}
          </p>
        )}
        {oidc && (
          <a class="button primary" href={apiPath('session/oidc', { next })} target="_self">
            Log in at {oidc}
          </a>
        )}
        {oidc && byPassword && <p class="or muted">or</p>}
        {byPassword && <PasswordForm hasToken={token} isOnly={!oidc} />}
      </div>
    </div>
  )
}

function PasswordForm({ hasToken, isOnly }: { hasToken: boolean; isOnly: boolean }) {
  const form = useForm('POST', apiPath('session'))
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const logIn = async () => {
    const done = await form.send({ name, password })
    setPassword('')
    if (done) renewSession()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void logIn()
      }}
    >
      <Field label="User" form={form} name="name">
        {(field) => (
          <input
            {...field}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Password" form={form} name="password">
        {(field) => (
          <input
            {...field}
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      {hasToken && (
        <p class="muted hint">
          As <code>token</code> the password is the value of <code>http.token</code>.
        </p>
      )}
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
      <button type="submit" class={isOnly ? 'primary' : ''} disabled={form.busy}>
        {form.busy ? 'Logging in …' : 'Log in'}
      </button>
    </form>
  )
}

// Only within this site: an address from outside must not lead anywhere else.
const pathOf = (next = '/'): string => (/^\/(?![/\\])/.test(next) ? next : '/')
