// A knowledge base: its folders, its records, search.

import { askJson, save } from "./api.js";
import { followBuilds } from "./builds.js";
import { graphOf } from "./graph.js";
import { marked, showRecord, whereOf, shown } from "./record.js";
import { byId, counted, element, number, showVersion, size, tell } from "./words.js";

const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop());
const address = `/v1/knowledge-bases/${encodeURIComponent(name)}`;
/** Rows of a level that are drawn before somebody asks for all. */
const FEW = 100;
const GRAPH_NODES = matchMedia("(max-width: 52rem)").matches ? 30 : 80;

const asked = new URLSearchParams(location.search);
/** What is looked at: a folder, or a file, of the source; "" is all of it. */
const state = { folder: asked.get("folder") ?? "", path: asked.get("path") ?? "", cursor: null };
/** Only the last question is answered. */
let question = 0;

/* ---- the tree ---- */

const levelOf = (folder) => askJson(`${address}/tree?${new URLSearchParams({ folder, files: "true" })}`);

async function drawTree() {
  const root = await levelOf("");
  const all = folderNode({ ...root, name: "All records" });
  byId("folders").replaceChildren(all);
  await open(all, root);
  await openTo(state.folder);
  markChosen();
}

/** Opens the folders that lead to one. */
async function openTo(folder) {
  const parts = folder === "" ? [] : folder.split("/");
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const node = nodeAt("folder", parts.slice(0, depth).join("/"));
    if (!node) return;
    await open(node);
  }
}

const nodeAt = (kind, path) => [...byId("folders").querySelectorAll("li")].find((node) => node.dataset[kind] === path);

function folderNode(folder) {
  const twist = element("button", { type: "button", class: "twist", "aria-expanded": "false", "aria-label": `Open ${folder.name}` });
  const node = element("li", { "data-folder": folder.path }, element("div", { class: "row" }, twist, pick(folder.name, folder.record_count, () => choose(folder.path, ""))), element("ul", { hidden: true }));
  twist.hidden = folder.folder_count + folder.file_count === 0;
  twist.addEventListener("click", () => orTell(() => (twist.getAttribute("aria-expanded") === "true" ? close(node) : open(node))));
  return node;
}

function fileNode(file) {
  const label = file.status === "read" ? number.format(file.record_count) : file.status;
  const button = pick(file.name, label, () => choose("", file.path));
  return element("li", { "data-path": file.path, class: "file" }, element("div", { class: "row" }, button));
}

function pick(label, count, onClick) {
  const shown = typeof count === "number" ? number.format(count) : count;
  const button = element("button", { type: "button", class: "pick" }, element("span", {}, label), element("span", { class: "count muted" }, shown));
  button.addEventListener("click", onClick);
  return button;
}

async function open(node, known) {
  const list = node.querySelector("ul");
  if (list.childElementCount === 0) {
    const { folders, files } = known ?? (await levelOf(node.dataset.folder));
    const rows = [...folders.map((folder) => () => folderNode(folder)), ...files.map((file) => () => fileNode(file))];
    fill(list, rows);
  }
  list.hidden = false;
  node.querySelector(".twist").setAttribute("aria-expanded", "true");
}

/** A folder may hold a hundred thousand files. */
function fill(list, rows) {
  list.append(...rows.slice(0, FEW).map((make) => make()));
  if (rows.length <= FEW) return;
  const rest = element("button", { type: "button", class: "pick" }, `${number.format(rows.length - FEW)} more`);
  const item = element("li", {}, rest);
  rest.addEventListener("click", () => item.replaceWith(...rows.slice(FEW).map((make) => make())));
  list.append(item);
}

function close(node) {
  node.querySelector("ul").hidden = true;
  node.querySelector(".twist").setAttribute("aria-expanded", "false");
}

function choose(folder, path) {
  Object.assign(state, { folder, path });
  markChosen();
  orTell(look);
  if (byId("graph").open) orTell(drawGraph);
}

function markChosen() {
  for (const node of byId("folders").querySelectorAll("li")) {
    const isChosen = state.path ? node.dataset.path === state.path : node.dataset.folder === state.folder;
    const button = node.querySelector(".pick");
    if (isChosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

/* ---- records and search ---- */

/** Lists what is chosen, or searches in it. */
async function look() {
  const form = byId("search").elements;
  const q = form.q.value.trim();
  const place = state.path ? { path: state.path } : state.folder ? { folder: state.folder } : {};
  remember({ ...place, ...(q ? { q, mode: form.mode.value } : {}) });
  const mine = (question += 1);
  byId("more").hidden = true;
  byId("status").textContent = q ? "Searching …" : "";
  byId("records-title").textContent = state.path || state.folder || "All records";
  if (q) await search(q, form.mode.value, mine);
  else await list(place, mine);
}

async function list(place, mine) {
  const page = await askJson(`${address}/records?${new URLSearchParams({ ...place, limit: 50 })}`);
  if (mine !== question) return;
  byId("list").replaceChildren(...page.items.map((record) => recordNode(record)));
  byId("status").textContent = page.items.length === 0 && !page.next_cursor ? "No records here." : "";
  turn(page);
}

async function more() {
  const place = state.path ? { path: state.path } : state.folder ? { folder: state.folder } : {};
  const page = await askJson(`${address}/records?${new URLSearchParams({ ...place, limit: 50, cursor: state.cursor })}`);
  const nodes = page.items.map((record) => recordNode(record));
  byId("list").append(...nodes);
  nodes[0]?.querySelector("button").focus();
  turn(page);
}

function turn(page) {
  state.cursor = page.next_cursor;
  byId("more").hidden = page.next_cursor === null;
}

async function search(q, mode, mine) {
  const folder = state.path ? state.path.split("/").slice(0, -1).join("/") : state.folder;
  const found = await askJson(`${address}/search?${new URLSearchParams({ q, mode, k: 30, ...(folder ? { folder } : {}) })}`);
  if (mine !== question) return;
  byId("records-title").textContent = folder ? `Found in ${folder}` : "Found";
  byId("list").replaceChildren(...found.items.map(hitNode));
  const all = found.matches > found.items.length ? `the best ${number.format(found.items.length)} of ${counted(found.matches, "record")}` : counted(found.items.length, "record");
  const notes = [found.items.length === 0 ? "Nothing found." : all, found.note];
  byId("status").textContent = notes.filter(Boolean).join(" · ");
}

function recordNode(record) {
  return node(record, [shown(shortened(record.content))], null);
}

function hitNode(hit) {
  const text = hit.highlights.snippet;
  const cut = hit.highlights.start > 0 ? "… " : "";
  return node(hit.record, [cut, ...marked(text, hit.highlights.spans, (part) => element("mark", {}, part))], scoreOf(hit));
}

function scoreOf(hit) {
  const rank = (found, how) => (found ? `${how} ${found.rank}` : "");
  const parts = [rank(hit.text, "by words"), rank(hit.meaning, "by meaning")].filter(Boolean);
  return `${parts.length ? `place ${parts.join(", ")} · ` : ""}score ${hit.score.toPrecision(3)}`;
}

function node(record, content, score) {
  const open = element("button", { type: "button" }, "Open");
  open.setAttribute("aria-label", `Open the record of ${whereOf(record)}`);
  open.addEventListener("click", () => orTell(() => showRecord(name, record)));
  const foot = element("div", { class: "foot" }, element("span", { class: "muted" }, [whereOf(record), score].filter(Boolean).join(" · ")), open);
  return element("li", { class: "card hit" }, element("p", { class: "content" }, ...content), foot);
}

function shortened(text) {
  const points = Array.from(text);
  return points.length > 400 ? `${points.slice(0, 400).join("")} …` : text;
}

function remember(parameters) {
  const query = new URLSearchParams(parameters).toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

/* ---- the graph ---- */

async function drawGraph() {
  const status = byId("graph-status");
  status.textContent = "Drawing …";
  const folder = state.path ? state.path.split("/").slice(0, -1).join("/") : state.folder;
  const query = new URLSearchParams({ format: "json", limit: GRAPH_NODES, ...(folder ? { folder } : {}) });
  const graph = await askJson(`${address}/graph?${query}`);
  graphOf(graph, { drawing: byId("drawing"), legend: byId("legend"), onFolder: (path) => choose(path, ""), onFile: (path) => choose("", path) });
  const shown = `${counted(graph.nodes.length, "node")}, ${counted(graph.edges.length, "edge")}`;
  status.textContent = graph.is_partial ? `${shown}: a part of it; the downloads hold all.` : shown;
}

/* ---- all of it ---- */

async function describe() {
  const base = await askJson(address);
  const parts = [counted(base.summary.records, "record"), counted(base.summary.files, "file"), size(base.size_bytes)];
  byId("about").textContent = `${parts.join(" · ")} · generation ${base.generation}`;
  const form = byId("search").elements;
  for (const option of form.mode.options) option.disabled = option.value !== "text" && !base.options.meaning;
  const wanted = asked.get("mode") ?? "hybrid";
  form.mode.value = base.options.meaning ? wanted : "text";
}

async function show() {
  await describe();
  byId("base").hidden = false;
  await drawTree();
  await look();
}

async function orTell(work) {
  const fault = byId("fault");
  fault.className = "";
  fault.replaceChildren();
  try {
    await work();
  } catch (error) {
    byId("status").textContent = "";
    byId("graph-status").textContent = "";
    tell(fault, error);
  }
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  orTell(look);
});
byId("q").addEventListener("search", () => orTell(look));
byId("more").addEventListener("click", () => orTell(more));
byId("graph").addEventListener("toggle", () => {
  if (byId("graph").open) orTell(drawGraph);
});
for (const link of document.querySelectorAll("a[data-format]")) {
  link.href = `${address}/graph?format=${link.dataset.format}`;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    orTell(() => saveGraph(link));
  });
}

const ENDINGS = { graphml: "graphml", cypher: "cypher", "neo4j-csv": "zip" };

const saveGraph = (link) => save(link.getAttribute("href"), `${name}.${ENDINGS[link.dataset.format]}`);

document.title = `${name} · textmill`;
byId("title").textContent = name;
byId("q").value = asked.get("q") ?? "";
await orTell(async () => {
  await showVersion();
  await followBuilds(name, () => orTell(show));
  await show();
});
