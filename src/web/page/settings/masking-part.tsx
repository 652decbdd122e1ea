// What is hidden from which role.
import { useEffect, useState } from 'preact/hooks'
import type { Masking, MaskingPolicy, RoleName } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { Field } from './field.tsx'
import { type Form, useForm } from './use-form.ts'

const FIRST: Masking = { numbers: { keepFirst: 4, keepLast: 2 }, bodies: 'keep-sdp', headers: [] }
const PATH = apiPath('settings/masking')

/** One column for each role. */
export function MaskingPart() {
  const { value, failure } = useAnswer<MaskingPolicy>(PATH)
  const form = useForm<MaskingPolicy>('PUT', PATH)
  const [policy, setPolicy] = useState<MaskingPolicy>()
  useEffect(() => setPolicy(value), [value])
  if (failure) return <ErrorNote failure={failure} />
  if (!policy) return <p class="page-wait" aria-busy="true" />
  const save = async () => {
    if (await form.send(policy)) toast('Masking is saved and in force')
  }
  return (
    <form
      class="settings-form stacked"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <p class="note">
        Masking holds in lists, ladders, messages, exports and the live stream: what is hidden never
        leaves the server. Call-IDs and tags keep telling calls apart, with other digits.
      </p>
      <div class="roles">
        {(['viewer', 'engineer', 'admin'] as const).map((role) => (
          <RoleMasking
            key={role}
            role={role}
            form={form}
            masking={policy[role]}
            change={(masking) => setPolicy({ ...policy, [role]: masking })}
          />
        ))}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={policy.auditUnmasked}
          onChange={({ currentTarget }) =>
            setPolicy({ ...policy, auditUnmasked: currentTarget.checked })
          }
        />
        <span>Write into the audit log who opens a call unmasked</span>
      </label>
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
      <button type="submit" class="primary" disabled={form.busy}>
        Save
      </button>
    </form>
  )
}

interface RoleProps {
  readonly role: RoleName
  readonly form: Form<unknown>
  readonly masking: Masking | null
  readonly change: (masking: Masking | null) => void
}

function RoleMasking({ role, form, masking, change }: RoleProps) {
  const [headers, setHeaders] = useState(masking?.headers.join(', ') ?? '')
  return (
    <fieldset>
      <legend>{role}</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={masking !== null}
          onChange={({ currentTarget }) => change(currentTarget.checked ? FIRST : null)}
        />
        <span>Masked</span>
      </label>
      {masking && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={masking.numbers !== null}
              onChange={({ currentTarget }) =>
                change({ ...masking, numbers: currentTarget.checked ? FIRST.numbers : null })
              }
            />
            <span>Hide digits of numbers</span>
          </label>
          {masking.numbers && (
            <NumberEnds
              role={role}
              form={form}
              numbers={masking.numbers}
              change={(numbers) => change({ ...masking, numbers })}
            />
          )}
          <Field label="Message bodies" name={`${role}.bodies`} form={form}>
            {(field) => (
              <select
                {...field}
                value={masking.bodies}
                onChange={({ currentTarget }) =>
                  change({ ...masking, bodies: currentTarget.value as Masking['bodies'] })
                }
              >
                <option value="show">shown</option>
                <option value="keep-sdp">only SDP shown</option>
                <option value="blank">blanked</option>
              </select>
            )}
          </Field>
          <Field
            label="Headers blanked"
            name={`${role}.headers.0`}
            form={form}
            hint="Names, separated by commas. Credentials always are."
          >
            {(field) => (
              <input
                {...field}
                value={headers}
                onInput={({ currentTarget }) => {
                  setHeaders(currentTarget.value)
                  change({ ...masking, headers: namesOf(currentTarget.value) })
                }}
              />
            )}
          </Field>
        </>
      )}
    </fieldset>
  )
}

interface EndsProps {
  readonly role: RoleName
  readonly form: Form<unknown>
  readonly numbers: NonNullable<Masking['numbers']>
  readonly change: (numbers: NonNullable<Masking['numbers']>) => void
}

const NumberEnds = ({ role, form, numbers, change }: EndsProps) => (
  <>
    {(['keepFirst', 'keepLast'] as const).map((end) => (
      <Field
        key={end}
        label={end === 'keepFirst' ? 'First digits shown' : 'Last digits shown'}
        name={`${role}.numbers.${end}`}
        form={form}
      >
        {(field) => (
          <input
            {...field}
            type="number"
            min="0"
            max="15"
            value={numbers[end]}
            onInput={({ currentTarget }) =>
              change({ ...numbers, [end]: Number(currentTarget.value) })
            }
          />
        )}
      </Field>
    ))}
    <p class="muted">
      +4989123456 becomes <code>{example(numbers.keepFirst, numbers.keepLast)}</code>
    </p>
  </>
)

const namesOf = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

// As the server does it: two fifths of the digits are hidden at least.
function example(keepFirst: number, keepLast: number): string {
  const digits = '4989123456'
  const last = Math.min(keepLast, 6)
  const first = Math.min(keepFirst, 6 - last)
  const hidden = 'x'.repeat(digits.length - first - last)
  return `+${digits.slice(0, first)}${hidden}${digits.slice(digits.length - last)}`
}
