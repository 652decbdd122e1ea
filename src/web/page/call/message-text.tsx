// The text of a message, readable: the first line, names of headers, and what in their values people look
// for stand out; long runs of routing headers fold. The text came from the network: it is only ever text.
import { useState } from 'preact/hooks'
import { ScrolledText } from './scrolled-text.tsx'
import { type HeaderLine, readSipText } from './sip-text.ts'

/** Headers of one kind beyond so many fold into one line. */
const FOLD_MIN = 3

/** A payload with its parts marked. */
export function MessageText({ raw }: { raw: string }) {
  const text = readSipText(raw)
  if (!text.isSip) return <ScrolledText>{prettyOf(text.body)}</ScrolledText>
  return (
    <ScrolledText>
      <b>{text.firstLine}</b>
      {'\n'}
      {groupsOf(text.headers).map((group, i) => (
        <HeaderGroup key={i} group={group} />
      ))}
      {text.body !== '' && <Body body={text.body} />}
    </ScrolledText>
  )
}

/** A report in JSON came without line breaks; nobody reads it so. */
function prettyOf(body: string): string {
  if (!body.startsWith('{')) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function groupsOf(headers: readonly HeaderLine[]): readonly HeaderLine[][] {
  const groups: HeaderLine[][] = []
  for (const header of headers) {
    const last = groups.at(-1)
    if (last?.[0]?.name.toLowerCase() === header.name.toLowerCase()) last.push(header)
    else groups.push([header])
  }
  return groups
}

/** The first of many is the one that matters: the topmost Via, the next Route. */
function HeaderGroup({ group }: { group: readonly HeaderLine[] }) {
  const [open, setOpen] = useState(group.length < FOLD_MIN)
  return (
    <>
      {(open ? group : group.slice(0, 1)).map((header, i) => (
        <Header key={i} header={header} />
      ))}
      {!open && (
        <button type="button" class="fold" onClick={() => setOpen(true)}>
          {group.length - 1} more {group[0]?.name}
        </button>
      )}
    </>
  )
}

const Header = ({ header: { sentName, name, value } }: { header: HeaderLine }) => (
  <span class="header">
    {sentName !== '' && (
      <>
        <span class="name" title={name === sentName ? undefined : `sent as ${sentName}`}>
          {name}
          {name !== sentName && <small> ({sentName})</small>}
        </span>
        {': '}
      </>
    )}
    <Value value={value} />
    {'\n'}
  </span>
)

// URIs, then parameters with their values; what is neither is plain.
const TOKENS = /(<?(?:sips?|tel|urn):[^\s;>,]+>?)|([;?&][\w-]+)(=(?:"[^"]*"|[^;,\s>&]*))?/g

function Value({ value }: { value: string }) {
  const parts: (string | preact.JSX.Element)[] = []
  let from = 0
  for (const match of value.matchAll(TOKENS)) {
    const [whole, uri, parameter = '', given = ''] = match
    parts.push(value.slice(from, match.index))
    from = match.index + whole.length
    if (uri) parts.push(<span class="uri">{uri}</span>)
    else
      parts.push(
        <span class="parameter">
          {parameter}
          <i>{given}</i>
        </span>,
      )
  }
  return (
    <>
      {parts}
      {value.slice(from)}
    </>
  )
}

const Body = ({ body }: { body: string }) => (
  <span class="body">
    {'\n'}
    {body.split('\n').map((line, i) => {
      const type = /^[a-z]=/.exec(line)?.[0] ?? ''
      return (
        <span key={i}>
          {type && <span class="name">{type}</span>}
          {line.slice(type.length)}
          {'\n'}
        </span>
      )
    })}
  </span>
)
