// Settings: one part at a time, named by the address.
import './settings.css'
import type { FunctionComponent } from 'preact'
import { useSession } from '../login/use-session.ts'
import { Tabs } from '../parts/tabs.tsx'
import { openPage } from '../shell/address.ts'
import type { PageProps } from '../shell/pages.tsx'
import { useTitle } from '../shell/use-title.ts'
import { AgentKeysPart } from './agent-keys-part.tsx'
import { AliasesPart } from './aliases-part.tsx'
import { AuditPart } from './audit-part.tsx'
import { MaskingPart } from './masking-part.tsx'
import { RetentionPart } from './retention-part.tsx'
import { SharesPart } from './shares-part.tsx'
import { TokensPart } from './tokens-part.tsx'
import { UsersPart } from './users-part.tsx'

const PARTS = {
  users: ['Users', UsersPart],
  tokens: ['API tokens', TokensPart],
  aliases: ['Aliases', AliasesPart],
  shares: ['Share links', SharesPart],
  masking: ['Masking', MaskingPart],
  retention: ['Retention', RetentionPart],
  'agent-keys': ['Agent keys', AgentKeysPart],
  audit: ['Audit', AuditPart],
} as const satisfies Record<string, readonly [string, FunctionComponent]>
type PartName = keyof typeof PARTS
const NAMES = Object.keys(PARTS) as PartName[]

/** What an administrator may change, and an engineer of it. */
export function SettingsPage({ address }: PageProps) {
  useTitle('Settings')
  const { value: session } = useSession()
  const role = session?.who?.role
  const open: readonly PartName[] =
    role === 'admin' ? NAMES : role === 'engineer' ? ['aliases', 'shares'] : []
  const part = open.find((name) => name === address.id) ?? open[0]
  if (!session?.who) return <p class="page-wait" aria-busy="true" />
  if (part === undefined)
    return (
      <div class="page">
        <h1>Settings</h1>
        <p class="muted">
          You are logged in as {session.who.name} ({role}). Settings take an administrator.
        </p>
      </div>
    )
  const [title, Part] = PARTS[part]
  return (
    <div class="page settings">
      <h1>Settings</h1>
      <Tabs
        label="Settings"
        tabs={open.map((name) => [name, PARTS[name][0]] as const)}
        chosen={part}
        choose={(name) => openPage('settings', name)}
      />
      <section aria-label={title}>
        <Part />
      </section>
    </div>
  )
}
