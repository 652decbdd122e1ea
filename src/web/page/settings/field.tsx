// A label, what is typed, and what is wrong with it, tied together for eyes and ears.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Form } from './use-form.ts'

interface Props {
  readonly label: string
  /** The field of the body. */
  readonly name: string
  readonly form: Pick<Form<unknown>, 'failure'>
  readonly hint?: ComponentChildren
  readonly children: (field: {
    id: string
    name: string
    'aria-invalid': boolean
    'aria-describedby': string
  }) => ComponentChildren
}

/** One field of a form. */
export function Field({ label, name, form, hint, children }: Props) {
  const id = useId()
  const fault = form.failure?.fields?.[name]
  const note = `${id}-note`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, name, 'aria-invalid': fault !== undefined, 'aria-describedby': note })}
      <small id={note} class={fault ? 'fault' : 'muted'} role={fault ? 'alert' : undefined}>
        {fault ?? hint}
      </small>
    </div>
  )
}
