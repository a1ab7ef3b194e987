// A record in full: its text with the concepts that it mentions, and its metadata.

import { postJson } from "./api.js";
import { byId, element, number, tell } from "./words.js";

/** Concepts of one record have this many looks; a name stands beside each, so none is told by its colour alone. */
const LOOKS = 8;

/** Where a record comes from, in one line. */
export function whereOf({ meta }) {
  const parts = [meta.path];
  if (meta.sheet !== null) parts.push(`sheet ${meta.sheet}`);
  if (meta.page !== null) parts.push(`page ${number.format(meta.page)}`);
  if (meta.heading) parts.push(meta.heading);
  if (meta.row !== null) parts.push(`row ${number.format(meta.row)}`);
  if (meta.chunk !== null) parts.push(`piece ${number.format(meta.chunk)}`);
  return parts.join(" · ");
}

/** Cells of a row are parted by tabs, which nobody sees. */
export const shown = (text) => text.replaceAll("\t", " · ");

/** Text whose spans, in code points and in order, are made into nodes; the others stay text. */
export function marked(text, spans, make) {
  const points = Array.from(text);
  const parts = [];
  let at = 0;
  for (const span of spans) {
    if (span.start < at) continue;
    parts.push(shown(points.slice(at, span.start).join("")), make(shown(points.slice(span.start, span.end).join("")), span));
    at = span.end;
  }
  parts.push(shown(points.slice(at).join("")));
  return parts;
}

/** Opens the dialog, and asks for the record's concepts. */
export async function showRecord(base, record) {
  byId("record-where").textContent = whereOf(record);
  byId("record-content").replaceChildren(shown(record.content));
  byId("record-concepts").replaceChildren();
  byId("record-meta").replaceChildren(...metaOf(record));
  const status = byId("record-status");
  status.className = "muted";
  status.textContent = "Looking for concepts …";
  byId("record").showModal();
  try {
    const { items } = await postJson("/v1/annotations", { knowledge_base: base, texts: [record.content] });
    status.textContent = showConcepts(record, items[0].mentions);
  } catch (error) {
    tell(status, error);
  }
}

function showConcepts(record, mentions) {
  const counts = new Map();
  for (const { concept } of mentions) counts.set(concept, (counts.get(concept) ?? 0) + 1);
  const look = new Map([...counts.keys()].map((concept, place) => [concept, place % LOOKS]));
  const short = (concept) => concept.split("/").pop();
  const mark = (text, { concept, phrase, how }) =>
    element("mark", { class: `concept look-${look.get(concept)}`, title: `${concept}: ${phrase} (${how})` }, text, element("small", {}, short(concept)));
  byId("record-content").replaceChildren(...marked(record.content, mentions, mark));
  const items = [...counts].map(([concept, count]) =>
    element("li", {}, element("span", { class: `swatch look-${look.get(concept)}`, "aria-hidden": "true" }), concept, element("span", { class: "muted" }, ` ${number.format(count)}`)));
  byId("record-concepts").replaceChildren(...items);
  return mentions.length === 0 ? "It mentions none of this knowledge base's concepts." : "";
}

function metaOf(record) {
  const { columns, folders, ...meta } = record.meta;
  const entries = Object.entries({ id: record.id, ...meta, folders: folders.join(" / ") });
  const known = entries.filter(([, value]) => value !== null && value !== "");
  const cells = Object.entries(columns).map(([column, value]) => [`column ${column}`, value]);
  return [...known, ...cells].flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, String(value))]);
}
