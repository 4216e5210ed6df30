// Words, numbers and dates in the reader's language.
import { store } from "page/data";

let language = "en";
const locales = { en: "en-GB", sv: "sv-SE" };
const formatters = new Map();

export function setLanguage(value) {
  language = value;
}

export const lang = () => language;

/** The words for a key; {names} in them are filled in. Where nobody has translated a name, the name itself as words. */
export function t(name, values) {
  const words = store.words[language][name];
  if (words === undefined) {
    const last = name.split(".").pop().replaceAll("_", " ");
    return last.charAt(0).toUpperCase() + last.slice(1);
  }
  return values ? words.replace(/\{(\w+)\}/g, (_, one) => values[one] ?? "") : words;
}

/** A published text in the reader's language: `title` is title_en or title_sv. */
export function text(record, name) {
  const found = name ? record[`${name}_${language}`] ?? record[`${name}_en`] : record[language] ?? record.en;
  return found ?? "";
}

function number(options) {
  const name = `${language}${JSON.stringify(options)}`;
  if (!formatters.has(name)) formatters.set(name, new Intl.NumberFormat(locales[language], options));
  return formatters.get(name);
}

/** So many decimals, and as many more as it takes to say that something small is not nothing. */
function fixed(value, decimals, sign) {
  let digits = decimals;
  while (value !== 0 && digits < 4 && Math.abs(value) < 0.5 * 10 ** -digits) digits += 1;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: sign ? "exceptZero" : "auto" };
  return minus(number(options).format(value));
}

const minus = (written) => written.replace("-", "−");

function amount(value, full, sign) {
  if (!full && Math.abs(value) >= 1e6) {
    return minus(number({
      notation: "compact", minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: sign ? "exceptZero" : "auto",
    }).format(value));
  }
  return fixed(value, Math.abs(value) < 100 ? 2 : 0, sign);
}

const DIGITS = { percent: 1, count: 0, days: 1, hours: 1, minutes: 1, months: 1, kg: 0, score: 1, decimal: 2, multiple: 2 };
const UNITS = { days: "unit.days", hours: "unit.hours", minutes: "unit.minutes", months: "unit.months", kg: "unit.kg" };

/** A KPI's value for people. `full` writes every digit of an amount, `sign` a plus before what is more. */
export function value(kpi, figure, { full = false, sign = false, points = false } = {}) {
  if (figure === null || figure === undefined) return "–";
  if (kpi.format === "percent") {
    const digits = Math.abs(figure) < 0.01 && figure !== 0 ? 2 : 1;
    const written = fixed(figure * 100, digits, sign);
    return `${written}\u00a0${points ? t("unit.points") : "%"}`;
  }
  if (kpi.format === "amount") return `${amount(figure, full, sign)}${full ? `\u00a0${store.edition.currency}` : ""}`;
  const digits = kpi.format === "count" && !Number.isInteger(figure) ? 1 : DIGITS[kpi.format] ?? 2;
  const written = fixed(figure, digits, sign);
  if (kpi.format === "multiple") return `${written}×`;
  return UNITS[kpi.format] ? `${written}\u00a0${t(UNITS[kpi.format])}` : written;
}

/** A difference between two values of a KPI: that of percentages in percentage points. */
export const change = (kpi, figure, options) => value(kpi, figure, { ...options, sign: true, points: true });

export function target(kpi, row, options) {
  if (row.t !== null && row.t !== undefined) return value(kpi, row.t, options);
  const { lo, hi } = row;
  const is = (bound) => bound !== null && bound !== undefined;
  if (is(lo) && is(hi)) return `${value(kpi, lo, options)} – ${value(kpi, hi, options)}`;
  if (is(lo)) return `≥ ${value(kpi, lo, options)}`;
  if (is(hi)) return `≤ ${value(kpi, hi, options)}`;
  return "–";
}

export const hasTarget = (row) => [row.t, row.lo, row.hi].some((one) => one !== null && one !== undefined);

export const score = (figure) => (figure === null || figure === undefined ? "–" : fixed(Math.round(figure * 10) / 10, 1));
export const percent = (share, digits = 0) =>
  share === null || share === undefined ? "–" : `${fixed(share * 100, digits)}\u00a0%`;
/** At its ends a chance says "at most" and "at least": the errors of the past tell no more (docs/outlook.md). */
export const chance = (share) => `${share === 0.01 ? "≤ " : share === 0.99 ? "≥ " : ""}${percent(share)}`;
/** Between which values a period will end, the unit written once; what was never tried on the past has no interval. */
export function interval(kpi, row) {
  if (row.l === null || row.l === undefined) return t("outlook.no_interval");
  const low = value(kpi, row.l);
  const high = value(kpi, row.u);
  const unit = /\u00a0\D+$/.exec(low)?.[0];
  return `${unit && high.endsWith(unit) ? low.slice(0, -unit.length) : low} – ${high}`;
}
export const whole = (figure) => (figure === null || figure === undefined ? "–" : fixed(figure, 0));

export function date(day) {
  if (!day) return "–";
  const [year, month, dayOfMonth] = day.slice(0, 10).split("-").map(Number);
  const name = `date${language}`;
  if (!formatters.has(name)) {
    formatters.set(name, new Intl.DateTimeFormat(locales[language], { dateStyle: "long", timeZone: "UTC" }));
  }
  return formatters.get(name).format(new Date(Date.UTC(year, month - 1, dayOfMonth)));
}

/** A period by the name the edition gives it; a month as people say it. */
export function periodName(period, short = false) {
  const month = /^(\d{4})-(\d{2})$/.exec(period.name);
  if (!month) return period.name;
  const name = `month${language}${short}`;
  if (!formatters.has(name)) {
    formatters.set(
      name,
      new Intl.DateTimeFormat(locales[language], { month: short ? "short" : "long", year: "numeric", timeZone: "UTC" }),
    );
  }
  return formatters.get(name).format(new Date(Date.UTC(Number(month[1]), Number(month[2]) - 1, 1)));
}

/** Begins a sentence: names of months are small in Swedish. */
export const sentence = (words) => words.charAt(0).toLocaleUpperCase(locales[language]) + words.slice(1);

export function scopeName(scope) {
  return scope.type === "company" ? t("scope.whole_company") : scope.name;
}

/** The period that begins on a day, by its name. */
export function periodStarting(grain, day) {
  const found = store.periods.find((one) => one.grain === grain && one.start === day);
  return found ? periodName(found, true) : date(day);
}

export const collator = () => new Intl.Collator(locales[language], { sensitivity: "base", numeric: true });
