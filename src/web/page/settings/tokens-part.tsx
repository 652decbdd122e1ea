// Tokens for programs.
import { useState } from 'preact/hooks'
import type { RoleName, ScopeName, TokenRow } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { Field } from './field.tsx'
import { type Column, Rows } from './rows.tsx'
import { SecretOnce } from './secret-once.tsx'
import { SureButton } from './sure-button.tsx'
import { useForm } from './use-form.ts'
import { RoleField } from './users-part.tsx'
import { When } from './when.tsx'

const SCOPES: readonly (readonly [ScopeName, string])[] = [
  ['read', 'search and show'],
  ['export', 'pcap, text, share links'],
  ['ingest', 'POST /hep'],
  ['admin', 'change things'],
]
const COLUMNS: readonly Column<TokenRow>[] = [
  ['Token', ({ name }) => <b>{name}</b>],
  ['Role', ({ role }) => role],
  ['For', ({ scopes }) => scopes.join(', ')],
  [
    'Made',
    ({ createdAt, createdBy }) => (
      <span title={`by ${createdBy}`}>
        <When at={createdAt} otherwise="" />
      </span>
    ),
  ],
  ['Expires', ({ expiresAt }) => <When at={expiresAt} otherwise="never" />],
  ['Last used', ({ lastUsedAt }) => <When at={lastUsedAt} otherwise="never" />],
]

/** The tokens. */
export function TokensPart() {
  const [again, setAgain] = useState(0)
  const [made, setMade] = useState<string>()
  const { value, failure } = useAnswer<{ tokens: readonly TokenRow[] }>(apiPath('tokens'), again)
  return (
    <>
      <MakeToken
        made={(token) => {
          setMade(token)
          setAgain((n) => n + 1)
        }}
      />
      {failure && <ErrorNote failure={failure} />}
      <Rows
        rows={value?.tokens}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="No tokens yet. A program needs one to ask the API once people have to log in."
        actions={({ id, name }) => (
          <SureButton
            label="Revoke"
            danger
            path={apiPath(`tokens/${id}`)}
            done={() => {
              toast(`${name} is revoked`)
              setAgain((n) => n + 1)
            }}
          />
        )}
      />
      {made && (
        <SecretOnce
          title="New token"
          secret={made}
          hint="Send it as “Authorization: Bearer TOKEN”."
          close={() => setMade(undefined)}
        />
      )}
    </>
  )
}

function MakeToken({ made }: { made: (token: string) => void }) {
  const form = useForm<{ token: string }>('POST', apiPath('tokens'))
  const [name, setName] = useState('')
  const [role, setRole] = useState<RoleName>('viewer')
  const [scopes, setScopes] = useState<readonly ScopeName[]>(['read'])
  const [days, setDays] = useState('90')
  const make = async () => {
    const answer = await form.send({ name, role, scopes, days: Number(days) })
    if (!answer) return
    setName('')
    made(answer.token)
  }
  return (
    <form
      class="settings-form"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <Field label="Name" name="name" form={form} hint="What it is for.">
        {(field) => (
          <input {...field} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        )}
      </Field>
      <RoleField form={form} role={role} setRole={setRole} />
      <Field label="Days" name="days" form={form} hint="0: it never expires.">
        {(field) => (
          <input
            {...field}
            type="number"
            min="0"
            max="3650"
            value={days}
            onInput={(event) => setDays(event.currentTarget.value)}
          />
        )}
      </Field>
      <ScopesField fault={form.failure?.fields?.scopes} scopes={scopes} setScopes={setScopes} />
      <button type="submit" class="primary" disabled={form.busy}>
        Make token
      </button>
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
    </form>
  )
}

interface ScopesProps {
  readonly fault: string | undefined
  readonly scopes: readonly ScopeName[]
  readonly setScopes: (change: (old: readonly ScopeName[]) => readonly ScopeName[]) => void
}

function ScopesField({ fault, scopes, setScopes }: ScopesProps) {
  return (
    <fieldset class="field">
      <legend>For</legend>
      {SCOPES.map(([scope, what]) => (
        <label key={scope} class="check">
          <input
            type="checkbox"
            checked={scopes.includes(scope)}
            onChange={({ currentTarget }) =>
              setScopes((old) =>
                currentTarget.checked ? [...old, scope] : old.filter((one) => one !== scope),
              )
            }
          />
          <span>
            <b>{scope}</b> <span class="muted">{what}</span>
          </span>
        </label>
      ))}
      {fault && (
        <small class="fault" role="alert">
          {fault}
        </small>
      )}
    </fieldset>
  )
}
