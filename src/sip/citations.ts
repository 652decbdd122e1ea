// How the verdict keeps its evidence: the words that rest on a message carry its place while the
// sentence is put together, and are told apart from the rest when it stands.
//
//   cite(3, '503 from 10.9.0.3')   ⟦3⟧503 from 10.9.0.3⟦/⟧     marks are Unicode noncharacters
//   readCitations(sentence)         { text: 'failed: 503 from 10.9.0.3 …', evidence: [{at: 8, …}] }
//
// A marked clause stays a string, so that clauses are joined, filtered and quoted as before. Words from
// the network that hold such marks lose them; the worst they could do is to link to another message.

const OPEN = '\ufdd0'
const NUMBER_END = '\ufdd1'
const CLOSE = '\ufdd2'
const MARKS = /\ufdd0(\d*)\ufdd1([^\ufdd2]*)\ufdd2|[\ufdd0-\ufdd2]/g

/** Words of the sentence and the message they rest on. */
export interface Evidence {
  /** Where the words begin in the sentence, in characters. */
  readonly at: number
  readonly text: string
  /** Index of the message among those the sentence was made of. */
  readonly message: number
}

/** The words, resting on the message at that place; as they are without one. */
export function cite(message: number | undefined, text: string): string {
  return message === undefined || message < 0 || text === ''
    ? text
    : `${OPEN}${message}${NUMBER_END}${text}${CLOSE}`
}

/** The sentence without marks, and what its words rest on, in their order. */
export function readCitations(marked: string): { text: string; evidence: readonly Evidence[] } {
  const evidence: Evidence[] = []
  let [text, from] = ['', 0]
  for (const match of marked.matchAll(MARKS)) {
    const [whole, message = '', words = ''] = match
    text += marked.slice(from, match.index)
    from = match.index + whole.length
    if (message !== '') evidence.push({ at: text.length, text: words, message: Number(message) })
    text += words
  }
  return { text: text + marked.slice(from), evidence }
}
