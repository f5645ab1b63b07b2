/** What was measured over time as lines, in SVG that reads well on light and on dark ground. */

export interface Line {
  readonly name: string
  /** At even distances over the whole time. */
  readonly values: readonly number[]
}

const WIDTH = 860
const HEIGHT = 320
const LEFT = 60
const RIGHT = 170
const TOP = 44
const BOTTOM = 36
const MOST_POINTS = 360
const COLORS = ['#2f81f7', '#bf3989', '#1a7f37', '#9a6700', '#8250df']
/** Between two names, at least. */
const NAME_HEIGHT = 17

/** Each line with its name behind its end; the values begin at 0. */
export function drawLines(options: {
  readonly title: string
  readonly minutes: number
  readonly lines: readonly Line[]
}): string {
  const { title, minutes, lines } = options
  const most = Math.max(1, ...lines.flatMap(({ values }) => values)) * 1.05
  const x = (part: number): string => (LEFT + part * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const names = apart(lines.map(({ values }) => Number(y(values.at(-1) ?? 0))))
  const paths = lines.map(({ name, values }, i) => {
    const step = Math.max(1, Math.ceil(values.length / MOST_POINTS))
    const points = values
      .map((value, at) => `${x(at / Math.max(1, values.length - 1))} ${y(value)}`)
      .filter((_, at) => at % step === 0 || at === values.length - 1)
    const end = values.at(-1) ?? 0
    return [
      `<path class="line" stroke="${COLORS[i % COLORS.length]}" d="M${points.join('L')}"/>`,
      `<text x="${WIDTH - RIGHT + 8}" y="${(names[i]! + 5).toFixed(1)}" style="fill: ${COLORS[i % COLORS.length]}">${name}, ${Math.round(end)}</text>`
    ].join('\n  ')
  })
  const told = lines.map(({ name, values }) => `${name} from ${round(values[0])} to ${round(values.at(-1))}`).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title told">
  <title id="title">${title}</title>
  <desc id="told">${told}.</desc>
  <style>
    text { font: 14px system-ui, sans-serif; fill: #24292f }
    .head { font-weight: 600 }
    .note { font-size: 12px; fill: #57606a }
    .line { fill: none; stroke-width: 1.5 }
    .axis { stroke: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
    }
  </style>
  <text class="head" x="12" y="24">${title}</text>
  <path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none"/>
  <text class="note" x="${LEFT - 8}" y="${TOP + 4}" text-anchor="end">${Math.round(most)}</text>
  <text class="note" x="${LEFT - 8}" y="${HEIGHT - BOTTOM}" text-anchor="end">0</text>
  <text class="note" x="${LEFT}" y="${HEIGHT - BOTTOM + 20}">0 min</text>
  <text class="note" x="${WIDTH - RIGHT}" y="${HEIGHT - BOTTOM + 20}" text-anchor="end">${Math.round(minutes)} min</text>
  ${paths.join('\n  ')}
</svg>
`
}

/** The same places from top to bottom, moved up where one would lie over the next. */
function apart(places: readonly number[]): number[] {
  const moved = [...places]
  const fromBelow = [...places.keys()].sort((a, b) => places[b]! - places[a]!)
  let next = Number.POSITIVE_INFINITY
  for (const i of fromBelow) next = moved[i] = Math.min(moved[i]!, next - NAME_HEIGHT)
  return moved
}

function round(value: number | undefined): number {
  return Math.round(value ?? 0)
}
