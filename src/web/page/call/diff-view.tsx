// Two messages in one text: what is gone, what is new, and inside a line that changed the words.
import type { CallMessage } from '#contract'
import { type DiffLine, diffMessages, type Piece } from './diff-words.ts'
import { ScrolledText } from './scrolled-text.tsx'

interface Props {
  readonly left: Pick<CallMessage, 'raw' | 'label'>
  readonly right: Pick<CallMessage, 'raw' | 'label'>
}

/** Left is what it is compared with, right what is looked at. */
export function DiffView({ left, right }: Props) {
  const lines = diffMessages(left.raw, right.raw)
  const count = lines.filter(({ kind }) => kind !== 'same').length
  return (
    <div class="diff">
      <p class="diff-count">
        {count === 0 ? 'The same, line by line.' : `${count} of ${lines.length} lines differ.`}
      </p>
      <ScrolledText>
        {lines.map((line, i) => (
          <Line key={i} line={line} />
        ))}
      </ScrolledText>
    </div>
  )
}

const SIGNS = { same: ' ', removed: '−', added: '+', changed: '~' } as const

const Line = ({ line }: { line: DiffLine }) => (
  <span class={`diff-line ${line.kind}`}>
    <span class="sign">{SIGNS[line.kind]} </span>
    {line.kind === 'changed'
      ? line.pieces.map(show)
      : line.kind === 'added'
        ? line.right
        : line.left}
    {'\n'}
  </span>
)

const show = ({ kind, text }: Piece, i: number) =>
  kind === 'same' ? (
    text
  ) : kind === 'removed' ? (
    <del key={i}>{text}</del>
  ) : (
    <ins key={i}>{text}</ins>
  )
