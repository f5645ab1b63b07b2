/** Ratios as bars, in SVG that reads well on light and on dark ground. */
import type { Spread } from './statistics.js'

export interface Bar {
  readonly label: string
  readonly ratio: Spread
}

const WIDTH = 860
const LABEL_WIDTH = 440
const VALUE_WIDTH = 110
const ROW = 30
const BAR = 16
const TOP = 44
const BOTTOM = 30

/** A bar for each, its whisker from the least round to the most; a line at 1, where both are alike. */
export function drawRatios({ bars, peer }: { readonly bars: readonly Bar[]; readonly peer: string }): string {
  const most = Math.max(1, ...bars.map(({ ratio }) => ratio.max))
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most
  const x = (value: number): string => (LABEL_WIDTH + value * scale).toFixed(1)
  const height = TOP + bars.length * ROW + BOTTOM
  const rows = bars.map(({ label, ratio }, i) => {
    const top = TOP + i * ROW
    const middle = top + ROW / 2
    return [
      `<text class="label" x="${LABEL_WIDTH - 12}" y="${middle + 5}">${escaped(label)}</text>`,
      `<rect class="bar" x="${LABEL_WIDTH}" y="${top + (ROW - BAR) / 2}" width="${(ratio.median * scale).toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<path class="whisker" d="M${x(ratio.min)} ${middle}H${x(ratio.max)}"/>`,
      `<text class="value" x="${(Number(x(ratio.max)) + 8).toFixed(1)}" y="${middle + 5}">${ratio.median.toFixed(1)} ×</text>`
    ].join('\n  ')
  })
  const told = bars.map(({ label, ratio }) => `${label}: ${ratio.median.toFixed(1)} times`).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title told">
  <title id="title">Millrace beside ${escaped(peer)}</title>
  <desc id="told">How many times as fast Millrace is. ${escaped(told)}.</desc>
  <style>
    text { font: 14px system-ui, sans-serif; fill: #24292f }
    .head { font-weight: 600 }
    .label { text-anchor: end }
    .note { font-size: 12px; fill: #57606a }
    .bar { fill: #2f81f7 }
    .whisker { stroke: #0b3d91; stroke-width: 2 }
    .one { stroke: #8c959f; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .whisker { stroke: #cae8ff }
    }
  </style>
  <text class="head" x="12" y="24">Millrace, times as fast as ${escaped(peer)}</text>
  ${rows.join('\n  ')}
  <path class="one" d="M${x(1)} ${TOP}V${TOP + bars.length * ROW}"/>
  <text class="note" x="${x(1)}" y="${height - 10}" text-anchor="middle">as fast</text>
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
