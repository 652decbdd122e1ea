// `npm test`: installs what the tests need (npm packages; on Debian as root also the real peers:
// Kamailio, SIPp, sngrep, tshark, Chromium, Prometheus, InfluxDB, and what carries and runs images), runs every test, and
// closes with what failed, once more, and one line of counts.
//   npm test                 everything, in two runs side by side: most tests wait, few compute
//   npm test -- src/hep      one room
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bunBinary, ensureInstalled, root } from './install.mjs'

const PEERS = {
  kamailio: 'kamailio',
  sipp: 'sip-tester',
  sngrep: 'sngrep',
  tshark: 'tshark',
  chromium: 'chromium',
  openssl: 'openssl',
  umoci: 'umoci',
  skopeo: 'skopeo',
  runc: 'runc',
  'docker-registry': 'docker-registry',
  promtool: 'prometheus',
  influxd: 'influxdb',
}

ensureInstalled({ dev: true })
const missing = installPeers()
const wanted = process.argv.slice(2)
const runs = wanted.length > 0 ? [wanted] : halves()
const counts = added(await Promise.all(runs.map(runTests)))
if (missing.length > 0)
  process.stdout.write(
    `\nNOT TESTED against: ${missing.join(', ')}. Not installed here; on Debian run as root: apt-get install ${missing.map((name) => PEERS[name]).join(' ')}\n`,
  )
if (spawnSync('terraform', ['version']).error)
  process.stdout.write(
    '\nNOT TESTED against: terraform. No package registry has it: https://developer.hashicorp.com/terraform/install\n',
  )
for (const failure of counts.failures) process.stdout.write(`\nFAILED: ${failure}`)
process.stdout.write(
  `\n${counts.pass} passed, ${counts.fail} failed${counts.skip ? `, ${counts.skip} skipped` : ''}\n`,
)
process.exit(counts.code !== 0 || counts.fail > 0 || counts.pass === 0 ? 1 : 0)

function installPeers() {
  const absent = () =>
    Object.keys(PEERS).filter(
      (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: pathWithSbin() }).status !== 0,
    )
  const wanted = absent()
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  if (wanted.length === 0 || !canInstall || process.env.CALLIOPE_TEST_NO_APT) return wanted
  process.stderr.write(`calliope: installing test peers: ${wanted.join(', ')} …\n`)
  const packages = wanted.map((name) => PEERS[name])
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env })
      .status === 0
  if (!apt('install', '-y', '--no-install-recommends', ...packages)) {
    apt('update')
    apt('install', '-y', '--no-install-recommends', ...packages)
  }
  return absent()
}

function pathWithSbin() {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
}

// Of about the same length: the rooms with the faults, and the rest of the whole program's tests.
function halves() {
  const inTest = readdirSync(join(root, 'test'), { withFileTypes: true })
  const folders = inTest.filter((entry) => entry.isDirectory()).map(({ name }) => `./test/${name}/`)
  const files = inTest.filter(({ name }) => /\.test\.tsx?$/.test(name))
  return [['src/', 'tools/', ...folders], files.map(({ name }) => `./test/${name}`)]
}

function runTests(args) {
  return new Promise((resolve) => {
    const child = spawn(bunBinary(), ['test', '--timeout', '60000', ...args], {
      cwd: root,
      env: pathWithSbin(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let tail = ''
    const said = byFile()
    const failed = failures()
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        said.add(chunk)
        failed.add(chunk)
        tail = (tail + chunk).slice(-20_000)
      })
    child.on('close', (code) => {
      said.end()
      const count = (word) => Number(new RegExp(`^\\s*(\\d+) ${word}$`, 'm').exec(tail)?.[1] ?? 0)
      const counts = { pass: count('pass'), fail: count('fail'), skip: count('skip') }
      resolve({ code, ...counts, failures: failed.found })
    })
  })
}

// What a run says is shown file by file, so that two runs do not talk into each other.
function byFile() {
  let held = ''
  return {
    add: (chunk) => {
      held += chunk
      const next = held.search(/\n\S+\.test\.tsx?:\n(?![\s\S]*\n\S+\.test\.tsx?:\n)/)
      if (next < 0) return
      process.stdout.write(held.slice(0, next + 1))
      held = held.slice(next + 1)
    },
    end: () => process.stdout.write(held),
  }
}

// What each failed test said, from the result before it to its own: at most the last 80 lines.
function failures() {
  const found = []
  let file = ''
  let rest = ''
  let said = []
  return {
    found,
    add: (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        if (/^\S+\.test\.tsx?:$/.test(line)) file = line
        said = [...said.slice(-79), line]
        // Bun frames what was thrown outside of any test with two lines of dashes below this head.
        const isThrown = said.includes('# Unhandled error between tests') && /^-{9,}$/.test(line)
        const isFramed = isThrown && said.filter((one) => one === line).length === 2
        // At its end Bun lists the failed ones again.
        const isFirst = line.startsWith('(fail)') && !found.some((one) => one.includes(line))
        if (isFirst || isFramed) found.push(`${[file, ...said].join('\n')}\n`)
        if (isFramed || /^\((pass|fail|skip|todo)\)/.test(line)) said = []
      }
    },
  }
}

function added(results) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0)
  const code = results.find((result) => result.code !== 0)?.code ?? 0
  const failures = results.flatMap((result) => result.failures)
  return { code, pass: sum('pass'), fail: sum('fail'), skip: sum('skip'), failures }
}
