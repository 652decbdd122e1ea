// Keys that agents put into each frame (HEP chunk 14).
import { useState } from 'preact/hooks'
import type { AgentKeyRow } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { Field } from './field.tsx'
import { type Column, Rows } from './rows.tsx'
import { SecretOnce } from './secret-once.tsx'
import { SureButton } from './sure-button.tsx'
import { useForm } from './use-form.ts'
import { When } from './when.tsx'

const COLUMNS: readonly Column<AgentKeyRow>[] = [
  ['Key', ({ name }) => <b>{name}</b>],
  ['Made', ({ createdAt }) => <When at={createdAt} otherwise="" />],
  ['By', ({ createdBy }) => createdBy],
]
const PATH = 'settings/agent-keys'

/** The keys, without the keys. */
export function AgentKeysPart() {
  const [again, setAgain] = useState(0)
  const [made, setMade] = useState<string>()
  const [name, setName] = useState('')
  const { value, failure } = useAnswer<{ agentKeys: readonly AgentKeyRow[] }>(apiPath(PATH), again)
  const form = useForm<{ key: string }>('POST', apiPath(PATH))
  const make = async () => {
    const answer = await form.send({ name })
    if (!answer) return
    setMade(answer.key)
    setName('')
    setAgain((n) => n + 1)
  }
  return (
    <>
      <p class="note">
        Keys made here count within seconds on every node, besides those of <code>intake.keys</code>
        . Where <code>intake.keys</code> is empty no agent needs a key.
      </p>
      <form
        class="settings-form"
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <Field label="Name" name="name" form={form} hint="Which agents use it.">
          {(field) => (
            <input
              {...field}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="primary" disabled={form.busy}>
          Make key
        </button>
        {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
      </form>
      {failure && <ErrorNote failure={failure} />}
      <Rows
        rows={value?.agentKeys}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="No keys made here."
        actions={({ id, name }) => (
          <SureButton
            label="Revoke"
            danger
            path={apiPath(`${PATH}/${id}`)}
            done={() => {
              toast(`${name} is revoked`)
              setAgain((n) => n + 1)
            }}
          />
        )}
      />
      {made && (
        <SecretOnce
          title="New agent key"
          secret={made}
          hint="The agent sends it in chunk 14 of every HEP frame (heplify: -hp KEY)."
          close={() => setMade(undefined)}
        />
      )}
    </>
  )
}
