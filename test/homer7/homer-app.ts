// Asks one homer-app the same questions of two of its data nodes, heplify-server's tables and
// Calliope's, and compares the answers: searches, flows, messages, reports and exports. It is started
// elsewhere, with both nodes in its configuration; docs/proof-heplify-server.md says what came of it.
//
//   bun test/homer7/homer-app.ts --url http://127.0.0.1:9080 --user admin --nodes theirs,ours
//     [--hours 12] [--calls 20]            HOMER_PASSWORD holds the password
import { parseArgs } from 'node:util'
import {
  ANSWERED,
  type Asked,
  QUESTIONS,
  type Question,
  questionsOfCall,
} from './homer-app-questions.ts'

const { values: flags } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:9080' },
    user: { type: 'string', default: 'admin' },
    nodes: { type: 'string', default: 'theirs,ours' },
    hours: { type: 'string', default: '12' },
    calls: { type: 'string', default: '20' },
  },
})

const [theirs, ours] = flags.nodes.split(',') as [string, string]
const token = await login()
const asked: Asked = {
  timestamp: { from: Date.now() - Number(flags.hours) * 3600e3, to: Date.now() },
}
const { unequal, questions } = await askAll()
process.stdout.write(`${questions} questions, ${unequal.length} answered otherwise\n`)
for (const line of unequal) process.stdout.write(`  ${line}\n`)
process.exitCode = unequal.length === 0 ? 0 : 1

async function askAll() {
  const unequal: string[] = []
  let questions = 0
  const put = async (question: Question) => {
    questions++
    const [a, b] = [await ask(question, theirs), await ask(question, ours)]
    const lines = question.plain(a)
    const told = difference(lines, question.plain(b))
    process.stdout.write(`${lines.length} lines: ${question.name}\n`)
    if (told !== undefined) unequal.push(`${question.name}: ${told}`)
    return a
  }
  const answers = []
  for (const question of QUESTIONS) answers.push(await put(question))
  for (const callId of callIdsOf(answers[0]!).slice(0, Number(flags.calls)))
    for (const question of questionsOfCall(callId)) await put(question)
  return { unequal, questions }
}

async function ask({ path, body }: Question, node: string): Promise<string> {
  const response = await fetch(`${flags.url}/api/v3${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body(asked, node)),
  })
  const text = await response.text()
  return ANSWERED.includes(response.status) ? text : `${response.status} ${text}`
}

async function login(): Promise<string> {
  const response = await fetch(`${flags.url}/api/v3/auth`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: flags.user, password: process.env.HOMER_PASSWORD }),
  })
  const { token } = (await response.json()) as { token?: string }
  if (token === undefined)
    throw new Error(`${flags.url} does not let ${flags.user} in: ${response.status}`)
  return token
}

function callIdsOf(search: string): string[] {
  return [...new Set((JSON.parse(search).data as { sid: string }[]).map(({ sid }) => sid))]
}

function difference(a: readonly string[], b: readonly string[]): string | undefined {
  if (a.length !== b.length) return `${a.length} lines of ${theirs}, ${b.length} of ${ours}`
  const place = a.findIndex((line, at) => line !== b[at])
  return place < 0 ? undefined : `line ${place + 1}\n    ${a[place]}\n    ${b[place]}`
}
