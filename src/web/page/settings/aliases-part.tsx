// Names for addresses, all in one text: as people keep them elsewhere, and quick to paste.
import { useEffect, useState } from 'preact/hooks'
import type { Alias } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { useForm } from './use-form.ts'

interface Aliases {
  readonly aliases: readonly Alias[]
}

/** One line for each. */
export function AliasesPart() {
  const { value, failure } = useAnswer<Aliases>(apiPath('aliases'))
  const form = useForm<Aliases>('PUT', apiPath('settings/aliases'))
  const [text, setText] = useState<string>()
  useEffect(() => {
    if (value) setText(textOf(value.aliases))
  }, [value])
  if (failure) return <ErrorNote failure={failure} />
  if (text === undefined) return <p class="page-wait" aria-busy="true" />
  const faults = Object.entries(form.failure?.fields ?? {}).map(([path, fault]) => {
    const [, line, field] = path.split('.')
    return line === undefined ? fault : `line ${Number(line) + 1}, ${field}: ${fault}`
  })
  const save = async () => {
    const saved = await form.send({ aliases: aliasesOf(text) })
    if (!saved) return
    setText(textOf(saved.aliases))
    toast(`${saved.aliases.length} aliases are saved`)
  }
  return (
    <form
      class="settings-form stacked"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div class="field">
        <label for="aliases">Aliases</label>
        <textarea
          id="aliases"
          rows={14}
          spellcheck={false}
          aria-invalid={faults.length > 0}
          aria-describedby="aliases-note"
          placeholder={'10.1.2.3        sbc-1\n10.1.2.3:5080   sbc-1 trunk\n10.9.0.0/16     core'}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <small id="aliases-note" class="muted">
          One a line: an address, ADDRESS:PORT or a network, then its name. The most exact one
          counts.
        </small>
        {faults.map((fault) => (
          <small key={fault} class="fault" role="alert">
            {fault}
          </small>
        ))}
      </div>
      {form.failure && !form.failure.fields && <ErrorNote failure={form.failure} />}
      <button type="submit" class="primary" disabled={form.busy}>
        Save
      </button>
    </form>
  )
}

const textOf = (aliases: readonly Alias[]): string =>
  aliases.map(({ address, name }) => `${address.padEnd(24)} ${name}\n`).join('')

const aliasesOf = (text: string): Alias[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [, address = line, name = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? []
      return { address, name }
    })
