// What all pages say alike: numbers, sizes, what went wrong, the build.

import { Problem, askJson } from "./api.js";

export const byId = (id) => document.getElementById(id);

export const number = new Intl.NumberFormat("en");

/** `1 file`, `2 files`. */
export const counted = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;

export function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export const amount = (value, unit) => (unit === "bytes" ? size(value) : `${number.format(value)} ${unit}`);

/** An element with text or children in it. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Says what went wrong, all of it, and what to do next. */
export function tell(node, error) {
  node.replaceChildren();
  node.className = "fault";
  const lines = error instanceof Problem ? [error.message] : [String(error)];
  if (error.errors?.length > 1) lines.push(...error.errors.slice(1).map((fault) => fault.detail));
  for (const line of lines) node.append(element("span", {}, sentence(line)));
  if (error.hint) node.append(element("em", {}, sentence(error.hint)));
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** Which build of the service this is. */
export async function showVersion() {
  const info = await askJson("/v1/info");
  byId("version").textContent = `${info.version}${info.commit ? ` · ${info.commit.slice(0, 8)}` : ""}`;
}
