// The verdict with its evidence: words that rest on a message lead to it.
import type { CallDetail } from '#contract'

interface Props {
  readonly call: CallDetail
  readonly choose: (message: number) => void
}

/** The sentence; what the badge beside it says already is left out. */
export function VerdictText({ call: { verdict, evidence, summary }, choose }: Props) {
  const prefix = `${summary.outcome}: `
  const start = verdict.startsWith(prefix) ? prefix.length : 0
  const cited = evidence.filter(({ at, text }) => at >= start && verdict.startsWith(text, at))
  return (
    <>
      {cited.map(({ at, text, message }, i) => {
        const from = i === 0 ? start : cited[i - 1]!.at + cited[i - 1]!.text.length
        return (
          <span key={at}>
            {verdict.slice(from, at)}
            <a
              class="evidence-link"
              href={`?message=${message}`}
              onClick={(event) => {
                // What else the address says (filters, legs taken out) stays as it is.
                event.preventDefault()
                choose(message)
              }}
              title={`Message ${message + 1}`}
            >
              {text}
            </a>
          </span>
        )
      })}
      {verdict.slice(cited.length > 0 ? endOf(cited.at(-1)!) : start)}
    </>
  )
}

const endOf = ({ at, text }: { at: number; text: string }): number => at + text.length
