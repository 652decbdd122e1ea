// The custom resources the chart can make for which there is no package of types here, as far as the
// chart uses them, from their operators' API references: Prometheus Operator (monitoring.coreos.com/v1)
// and External Secrets Operator (external-secrets.io/v1). The compiler holds the chart against them.

interface Metadata {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface PodMonitor {
  readonly apiVersion: 'monitoring.coreos.com/v1'
  readonly kind: 'PodMonitor'
  readonly metadata: Metadata
  readonly spec: {
    readonly selector: {
      readonly matchLabels: Readonly<Record<string, string>>
      readonly matchExpressions?: readonly {
        readonly key: string
        readonly operator: string
        readonly values?: readonly string[]
      }[]
    }
    readonly podTargetLabels?: readonly string[]
    readonly podMetricsEndpoints: readonly {
      readonly port: string
      readonly path?: string
      readonly interval?: string
      readonly authorization?: {
        readonly type?: string
        readonly credentials?: { readonly name: string; readonly key: string }
      }
    }[]
  }
}

export interface PrometheusRule {
  readonly apiVersion: 'monitoring.coreos.com/v1'
  readonly kind: 'PrometheusRule'
  readonly metadata: Metadata
  readonly spec: {
    readonly groups: readonly {
      readonly name: string
      readonly rules: readonly {
        readonly alert: string
        readonly expr: string
        readonly for?: string
        readonly labels?: Readonly<Record<string, string>>
        readonly annotations?: Readonly<Record<string, string>>
      }[]
    }[]
  }
}

export interface ExternalSecret {
  readonly apiVersion: 'external-secrets.io/v1'
  readonly kind: 'ExternalSecret'
  readonly metadata: Metadata
  readonly spec: {
    readonly refreshInterval?: string
    readonly secretStoreRef: {
      readonly name: string
      readonly kind?: string
    }
    readonly target?: { readonly name?: string; readonly creationPolicy?: string }
    readonly data?: readonly {
      readonly secretKey: string
      readonly remoteRef: { readonly key: string; readonly property?: string }
    }[]
  }
}
