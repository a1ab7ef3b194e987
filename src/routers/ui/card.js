// The card of a data set, in words and as a chart; numbers stand beside every colour.

import { askJson, hasKey, save } from "./api.js";
import { counted, element, number, size, tell } from "./words.js";

/** Labels that have a look of their own; further ones are shown together. */
const LOOKS = 8;
const UNLABELLED = "(no label)";
const SVG = "http://www.w3.org/2000/svg";

/** Shows what became of a table, and leads to the files. */
export async function showCard(job, node) {
  const card = job.result;
  const { items } = await askJson(`/v1/jobs/${job.id}/artifacts`);
  const labels = looksOf(card);
  node.replaceChildren(
    element("h2", { id: "card-title" }, card.name),
    element("p", {}, rowsInWords(card)),
    ...leftOutNodes(card.rows.left_out),
    element("h3", {}, "Splits and labels"),
    chart(card, labels),
    legend(labels),
    countsTable(card),
    ...findingNodes(card.findings),
    element("h3", {}, "Files"),
    files(job, items, node),
    element("p", { class: "muted" }, `Made of ${card.source.name} with seed ${card.options.seed}; the same table, options and build give the same bytes.`),
  );
  node.hidden = false;
}

/* ---- words ---- */

function rowsInWords({ rows, labels, columns }) {
  const rejected = rows.rejected > 0 ? ` ${counted(rows.rejected, "row")} can't be read: ${rows.first_reject}.` : "";
  const names = columns.map((column) => column.name).join(", ");
  return `${number.format(rows.written)} of ${counted(rows.read, "row")} are in the data set, with ${labels.length === 0 ? "no labels yet" : counted(labels.length, "label")}.${rejected} Its columns: ${names}.`;
}

const REASONS = {
  empty: "without a text",
  too_short: "too short",
  too_long: "too long",
  other_language: "in another language",
  unlabelled: "without a label",
  unknown_label: "with a label that is not in the set",
  conflict: "like a text with another label",
  duplicate: "like an earlier row",
  tags_not_fitting: "with tags that don't fit their tokens",
  balance: "of labels that have more rows than the rarest",
};

function leftOutNodes(leftOut) {
  const reasons = Object.entries(leftOut).filter(([, rows]) => rows > 0);
  if (reasons.length === 0) return [element("p", {}, "No row was left out.")];
  const all = reasons.reduce((sum, [, rows]) => sum + rows, 0);
  const words = reasons.map(([reason, rows]) => `${number.format(rows)} ${REASONS[reason] ?? reason}`);
  return [element("p", {}, `${counted(all, "row")} left out: ${words.join(", ")}.`)];
}

const FINDINGS = {
  similar_labels: ({ label, rows, like }) => `“${label}” (${counted(rows, "row")}) looks like “${like}”: if it is the same, map it.`,
  rare_label: ({ label, rows }) => `“${label}” has ${counted(rows, "row")} only.`,
  label_not_in_split: ({ label, split }) => `“${label}” is not in the ${split} split.`,
  duplicates: ({ rows, across_splits: across }) => `${counted(rows, "row")} repeat an earlier text, ${number.format(across)} of them in another split.`,
  conflicting_labels: ({ texts, rows, example, labels }) => `${counted(texts, "text")} in ${counted(rows, "row")} have different labels, such as “${example}”: ${labels.join(", ")}.`,
  language_not_told: ({ rows }) => `The language of ${counted(rows, "row")} can't be told; they stay.`,
  column_renamed: ({ from, to }) => `The column “${from}” is “${to}” here.`,
  invalid_tags: ({ rows, examples }) => `${counted(rows, "row")} had a tag that does not follow from the one before it, and were mended: ${examples.join("; ")}.`,
  tags_not_fitting: ({ rows, examples }) => `${counted(rows, "row")} have tags that don't fit their tokens: ${examples.join("; ")}.`,
  split_off: ({ split, asked, rows }) => `The ${split} split has ${counted(rows, "row")} instead of ${number.format(asked)}, since groups stay together.`,
};

function findingNodes(findings) {
  if (findings.length === 0) return [];
  const words = findings.map((finding) => element("li", {}, FINDINGS[finding.kind]?.(finding) ?? JSON.stringify(finding)));
  return [element("h3", {}, "Before you train"), element("ul", { class: "findings" }, ...words)];
}

/* ---- the chart ---- */

/** The most frequent labels with a look each, and one for all others. */
function looksOf({ labels, splits }) {
  const sorted = [...labels].sort((a, b) => b.rows - a.rows || (a.label < b.label ? -1 : 1));
  const shown = sorted.length > LOOKS ? sorted.slice(0, LOOKS - 1) : sorted;
  const looks = shown.map(({ label }, at) => ({ title: label, look: `look-${at}`, hatched: at % 2 === 1, rowsOf: (split) => split.labels[label] ?? 0 }));
  const names = new Set(shown.map(({ label }) => label));
  const others = (split) => Object.entries(split.labels).reduce((sum, [label, rows]) => (names.has(label) ? sum : sum + rows), 0);
  if (sorted.length > LOOKS) looks.push({ title: `${number.format(sorted.length - shown.length)} others`, look: "look-other", hatched: false, rowsOf: others });
  const rest = (split) => Math.max(0, split.rows - Object.values(split.labels).reduce((sum, rows) => sum + rows, 0));
  if (splits.some((split) => rest(split) > 0)) looks.push({ title: UNLABELLED, look: "look-other", hatched: true, rowsOf: rest });
  return looks;
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** A bar a split, a part a label; each part says its rows where there is room. */
function chart({ splits }, looks) {
  // A drawing of half the width keeps its letters legible where there is little room.
  const width = matchMedia("(max-width: 40rem)").matches ? 360 : 720;
  const [left, right, bar, gap] = [80, 70, 34, 14];
  const total = (split) => looks.reduce((sum, look) => sum + look.rowsOf(split), 0);
  const most = Math.max(1, ...splits.map(total));
  const height = splits.length * (bar + gap) + gap;
  const words = splits.map((split) => `${split.split}: ${counted(split.rows, "row")}, ${looks.map((look) => `${look.title} ${number.format(look.rowsOf(split))}`).join(", ")}`);
  const drawing = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Rows by split and label. ${words.join(". ")}.` });
  drawing.append(hatching());
  splits.forEach((split, at) => {
    const y = gap + at * (bar + gap);
    let x = left;
    drawing.append(svg("text", { x: 0, y: y + bar / 2 + 5 }, split.split));
    for (const look of looks) {
      const rows = look.rowsOf(split);
      const wide = ((width - left - right) * rows) / most;
      if (rows === 0) continue;
      const part = svg("g", { class: look.look }, svg("title", {}, `${look.title}: ${counted(rows, "row")}`), svg("rect", { class: "part", x, y, width: wide, height: bar }));
      if (look.hatched) part.append(svg("rect", { x, y, width: wide, height: bar, fill: "url(#hatching)" }));
      const text = number.format(rows);
      if (wide > text.length * 9 + 8) part.append(svg("text", { class: "inside", x: x + wide / 2, y: y + bar / 2 + 5 }, text));
      drawing.append(part);
      x += wide;
    }
    drawing.append(svg("text", { x: x + 8, y: y + bar / 2 + 5 }, number.format(split.rows)));
  });
  return drawing;
}

function hatching() {
  const line = svg("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 8 });
  return svg("defs", {}, svg("pattern", { id: "hatching", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line));
}

function legend(looks) {
  const swatch = (look) => {
    const drawing = svg("svg", { class: `swatch ${look.look}`, width: 18, height: 14, viewBox: "0 0 18 14", "aria-hidden": "true" }, svg("rect", { width: 18, height: 14 }));
    if (look.hatched) for (const x of [-2, 5, 12]) drawing.append(svg("line", { x1: x, y1: 14, x2: x + 9, y2: 0 }));
    return drawing;
  };
  return element("ul", { class: "legend" }, ...looks.map((look) => element("li", {}, swatch(look), look.title)));
}

/** Only nothing is nothing. */
const percent = (share) => (share > 0 && share < 0.001 ? "< 0.1 %" : `${(share * 100).toFixed(1)} %`);

function countsTable({ splits, labels, options }) {
  const noun = options.task === "entities" ? "mentions" : "rows";
  const head = element("tr", {}, element("th", { scope: "col" }, "Label"), ...splits.map((split) => element("th", { scope: "col" }, split.split)), element("th", { scope: "col" }, noun), element("th", { scope: "col" }, "share"));
  const rows = labels.map(({ label, rows: all, share }) => {
    const cells = splits.map((split) => element("td", {}, number.format(split.labels[label] ?? 0)));
    return element("tr", {}, element("th", { scope: "row" }, label), ...cells, element("td", {}, number.format(all)), element("td", {}, percent(share)));
  });
  const sums = splits.map((split) => element("td", {}, number.format(split.rows)));
  const written = splits.reduce((sum, split) => sum + split.rows, 0);
  const foot = element("tr", {}, element("th", { scope: "row" }, "all rows"), ...sums, element("td", {}, number.format(written)), element("td", {}, ""));
  const table = element("table", { class: "counts" }, element("caption", { class: "muted" }, "Counts by label and split"), element("thead", {}, head), element("tbody", {}, ...rows), element("tfoot", {}, foot));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Counts by label and split" }, table);
}

/* ---- files ---- */

function files(job, items, node) {
  const answer = element("p", { role: "status" });
  const entries = items.map((artifact) => {
    const path = `/v1/jobs/${job.id}/artifacts/${artifact.name.split("/").map(encodeURIComponent).join("/")}`;
    const name = artifact.name.split("/").pop();
    const link = element("a", { href: path, download: name }, artifact.name);
    link.addEventListener("click", async (event) => {
      if (!hasKey()) return;
      event.preventDefault();
      try {
        await save(path, name);
      } catch (error) {
        tell(answer, error);
      }
    });
    return element("li", {}, link, element("span", { class: "muted" }, size(artifact.size_bytes)));
  });
  return element("div", {}, element("ul", { class: "artifacts" }, ...entries), answer);
}
