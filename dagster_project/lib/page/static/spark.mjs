// The small curve in a row: limits as a band, the target as a dashed line, signals as marked points.
import { html } from "page/shapes";
import { seriesOf, sparkGrain } from "page/data";
import { periodName, t, value } from "page/format";

const WIDTH = 148;
const HEIGHT = 30;
const POINTS = 25;

const is = (figure) => figure !== null && figure !== undefined;

export function Spark({ kpi, s, until }) {
  const grain = sparkGrain(kpi);
  const points = grain ? seriesOf(kpi, s, grain, until, POINTS) : [];
  const known = points.filter((point) => is(point.value));
  if (known.length < 3) return html`<span class="none">${t("spark.short")}</span>`;
  const { d3 } = globalThis;
  const limited = points.filter((point) => is(point.signal?.l));
  const shown = [...known.map((point) => point.value), ...limited.flatMap((point) => [point.signal.l, point.signal.u])];
  const [low, high] = d3.extent(shown);
  const y = d3.scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [HEIGHT - 4, 4]);
  const x = d3.scaleLinear([0, points.length - 1], [4, WIDTH - 6]);
  const line = d3.line((_, place) => x(place), (point) => y(point.value)).defined((point) => is(point.value));
  const within = (point) => is(point.signal?.l);
  const band = d3.area((_, place) => x(place), (point) => y(point.signal.l), (point) => y(point.signal.u)).defined(within);
  const centre = d3.line((_, place) => x(place), (point) => y(point.signal.c)).defined(within);
  const last = points.findLastIndex((point) => is(point.value));
  const goal = points[last].target;
  const signals = points.map((point, place) => ({ point, place })).filter(({ point }) => point.signal?.rule && is(point.value));
  const label = t("spark.label", {
    from: periodName(known[0].period), to: periodName(points[last].period), count: known.length,
    first: value(kpi, known[0].value), last: value(kpi, points[last].value), signals: signals.length,
  });
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${label}>
    ${limited.length > 0 && html`<path class="band" d=${band(points)} /><path class="centre" d=${centre(points)} />`}
    ${is(goal) && goal >= low && goal <= high && html`<line class="goal" x1="0" x2=${WIDTH} y1=${y(goal)} y2=${y(goal)} />`}
    <path class="curve" d=${line(points)} />
    ${signals.map(({ point, place }) => html`<rect key=${place} class=${`signal ${side(point.signal)}`} x=${x(place) - 3} y=${y(point.value) - 3}
      width="6" height="6" transform=${`rotate(45 ${x(place)} ${y(point.value)})`} />`)}
    <circle class=${points[last].open ? "last open" : "last"} cx=${x(last)} cy=${y(points[last].value)} r="2.6" />
  </svg>`;
}

export const side = (signal) => (signal.fav === 1 ? "good" : signal.fav === 0 ? "bad" : "even");
