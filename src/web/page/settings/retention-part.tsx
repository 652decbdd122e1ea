// How long calls are kept.
import { useEffect, useState } from 'preact/hooks'
import type { RetentionSetting } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { showCount } from '../parts/format.ts'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { Field } from './field.tsx'
import { useForm } from './use-form.ts'

interface Retention {
  readonly setting: RetentionSetting
  readonly inForce: { readonly hours: number; readonly bytesMax: number }
}
const GIB = 2 ** 30

/** By age and by size; empty is what the configuration says. */
export function RetentionPart() {
  const [again, setAgain] = useState(0)
  const { value, failure } = useAnswer<Retention>(apiPath('settings/retention'), again)
  const form = useForm<Retention>('PUT', apiPath('settings/retention'))
  const [hours, setHours] = useState('')
  const [gib, setGib] = useState('')
  useEffect(() => {
    if (!value) return
    setHours(value.setting.hours?.toString() ?? '')
    setGib(value.setting.bytesMax === null ? '' : String(value.setting.bytesMax / GIB))
  }, [value])
  if (failure) return <ErrorNote failure={failure} />
  if (!value) return <p class="page-wait" aria-busy="true" />
  const save = async () => {
    const body = {
      hours: hours === '' ? null : Number(hours),
      bytesMax: gib === '' ? null : Math.round(Number(gib) * GIB),
    }
    if (!(await form.send(body))) return
    toast('Retention is saved')
    setAgain((n) => n + 1)
  }
  return (
    <form
      class="settings-form stacked"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <InForce {...value.inForce} />
      <Field label="Hours" name="hours" form={form} hint="Empty: as store.retention says.">
        {(field) => (
          <input
            {...field}
            type="number"
            min="1"
            value={hours}
            onInput={(event) => setHours(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field
        label="GiB"
        name="bytesMax"
        form={form}
        hint="The oldest calls go beyond it; 0 = no limit. Empty: as store.bytes_max says."
      >
        {(field) => (
          <input
            {...field}
            type="number"
            min="0"
            step="any"
            value={gib}
            onInput={(event) => setGib(event.currentTarget.value)}
          />
        )}
      </Field>
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
      <button type="submit" class="primary" disabled={form.busy}>
        Save
      </button>
    </form>
  )
}

const InForce = ({ hours, bytesMax }: Retention['inForce']) => (
  <p class="note">
    In force: calls are kept for <b>{showCount(hours)} hours</b> ({(hours / 24).toFixed(1)} days)
    {bytesMax > 0 && <> and at most {(bytesMax / GIB).toFixed(1)} GiB</>}. What is set here counts
    for every node and before the configuration.
  </p>
)
