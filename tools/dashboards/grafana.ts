// The panels as a dashboard that Grafana imports (10 and later): 24 columns, three graphs or six numbers
// a line, folded rows with their panels inside.
import type { Panel, Row } from './panel.ts'
import { ROWS } from './panels.ts'

type Json = Readonly<Record<string, unknown>>

const GRAPH = { w: 8, h: 8 }
const STAT = { w: 4, h: 4 }
const COLUMNS = 24
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

/** deploy/dashboards/grafana-calliope.json */
export function grafanaDashboard(): Json {
  let y = 0
  let id = 0
  const panels = ROWS.flatMap((row) => {
    const head = {
      id: ++id,
      type: 'row',
      title: row.title,
      gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 },
    }
    const inside = placed(row, y).map(({ panel, at }) => drawn(panel, ++id, at))
    y = Math.max(y, ...inside.map(({ gridPos }) => gridPos.y + gridPos.h))
    const isFolded = row.isFolded === true
    return [
      { ...head, collapsed: isFolded, panels: isFolded ? inside : [] },
      ...(isFolded ? [] : inside),
    ]
  })
  return {
    ...{ uid: 'calliope-fleet', title: 'Calliope', tags: ['calliope', 'sip', 'hep'] },
    ...{ schemaVersion: 39, version: 1, editable: true, refresh: '10s', timezone: 'browser' },
    time: { from: 'now-1h', to: 'now' },
    // Deployments and scaling explain most steps in a graph.
    annotations: {
      list: [
        {
          ...{ name: 'Nodes came or went', enable: true, datasource: SOURCE, iconColor: 'blue' },
          expr: 'changes(count(calliope_ready{namespace=~"$namespace"})[1m:]) > 0',
        },
      ],
    },
    templating: { list: variables },
    panels,
  }
}

const variables: readonly Json[] = [
  { ...{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' } },
  choice('namespace', 'Namespace', 'label_values(calliope_ready, namespace)'),
  choice('instance', 'Node', 'label_values(calliope_ready{namespace=~"$namespace"}, instance)'),
  choice('target', 'SIP host', 'label_values(heplify_method_response, target_name)'),
]

function choice(name: string, label: string, query: string): Json {
  return {
    ...{ name, label, type: 'query', datasource: SOURCE, query, refresh: 2, sort: 1 },
    // `.*` also finds series without the label, where Prometheus gives none.
    ...{ multi: true, includeAll: true, allValue: '.*', current: { text: 'All', value: '$__all' } },
  }
}

function placed({ panels }: Row, top: number) {
  let x = 0
  let y = top
  return panels.map((panel) => {
    const { w, h } = panel.isStat ? STAT : GRAPH
    if (x + w > COLUMNS) {
      x = 0
      y += h
    }
    const at = { x, y, w, h }
    x += w
    return { panel, at }
  })
}

interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

function drawn(panel: Panel, id: number, gridPos: Place) {
  const { title, about, unit, queries, limit, isStat } = panel
  const steps = [
    { color: 'green', value: null },
    ...(limit === undefined ? [] : [{ color: 'red', value: limit }]),
  ]
  return {
    ...{ id, title, gridPos, description: about, datasource: SOURCE },
    type: isStat ? 'stat' : 'timeseries',
    fieldConfig: {
      defaults: {
        ...{ unit, thresholds: { mode: 'absolute', steps } },
        ...(isStat ? {} : { min: unit === 'percent' || limit !== undefined ? 0 : undefined }),
        custom: isStat
          ? {}
          : { lineWidth: 1, fillOpacity: 10, thresholdsStyle: { mode: limit ? 'line' : 'off' } },
      },
      overrides: [],
    },
    options: isStat
      ? {
          reduceOptions: { calcs: ['lastNotNull'] },
          colorMode: limit ? 'value' : 'none',
          graphMode: 'area',
        }
      : {
          legend: { displayMode: 'list', placement: 'bottom' },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
    targets: queries.map(({ expr, legend }, at) => ({
      ...{ refId: String.fromCharCode(65 + at), expr, legendFormat: legend, datasource: SOURCE },
    })),
  }
}
