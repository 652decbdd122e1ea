// Names and what goes with them, one pair below or beside the other as the place has it.

export type Fact = readonly [name: string, value: string]

export const FactList = ({ facts }: { facts: readonly Fact[] }) => (
  <dl>
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
