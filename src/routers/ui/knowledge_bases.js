// The list of knowledge bases, and the form that builds one.

import { Problem, ask, askJson, postJson } from "./api.js";
import { followBuild, followBuilds } from "./builds.js";
import { byId, counted, element, showVersion, size, tell } from "./words.js";

let nextCursor = null;

async function refresh() {
  const page = await askJson("/v1/knowledge-bases?limit=200");
  byId("list").replaceChildren(...page.items.map(nodeOf));
  byId("empty").hidden = page.items.length > 0;
  turn(page);
}

async function more() {
  const page = await askJson(`/v1/knowledge-bases?limit=200&cursor=${encodeURIComponent(nextCursor)}`);
  byId("list").append(...page.items.map(nodeOf));
  turn(page);
}

function turn(page) {
  nextCursor = page.next_cursor;
  byId("more").hidden = nextCursor === null;
}

function nodeOf({ name, manifest }) {
  const link = element("a", { href: `/ui/knowledge-bases/${encodeURIComponent(name)}` }, name);
  const remove = element("button", { type: "button", "aria-label": `Remove ${name}` }, "Remove");
  remove.addEventListener("click", () => confirmRemoval(name, remove));
  return element("li", { class: "card base" }, element("strong", {}, link), element("span", { class: "muted" }, inWords(manifest)), remove);
}

function inWords(manifest) {
  if (manifest === null) return "it is damaged: build it again";
  const { summary, options, size_bytes: bytes } = manifest;
  const search = options.meaning ? "search by words and meaning" : "search by words";
  return `${counted(summary.records, "record")} of ${counted(summary.files, "file")} · ${size(bytes)} · ${search}`;
}

/** The first click asks, the second one does it. */
function confirmRemoval(name, button) {
  if (button.dataset.asked) return orTell(() => remove(name));
  button.dataset.asked = "yes";
  button.textContent = `Really remove ${name}?`;
  button.removeAttribute("aria-label");
  button.addEventListener("blur", () => orTell(refresh), { once: true });
}

async function remove(name) {
  await ask(`/v1/knowledge-bases/${encodeURIComponent(name)}`, { method: "DELETE" });
  await refresh();
  byId("bases").focus();
  byId("list-answer").textContent = `${name} is removed.`;
}

async function orTell(work) {
  const answer = byId("list-answer");
  answer.className = "muted";
  answer.replaceChildren();
  try {
    await work();
  } catch (error) {
    tell(answer, error);
  }
}

function onDone(job) {
  const { name } = job.options;
  if (job.status === "succeeded") byId("answer").textContent = `${name} is built.`;
  orTell(refresh);
}

async function build(form) {
  const [name, path] = [form.elements.name.value.trim(), form.elements.source.value.trim()];
  if (!name) throw refocus(form.elements.name, "give the knowledge base a name");
  if (!path) throw refocus(form.elements.source, "name the folder or file to build it from");
  const options = { meaning: form.elements.meaning.checked };
  return postJson("/v1/knowledge-bases", { name, source: { type: "path", path }, options });
}

function refocus(field, text) {
  field.focus();
  return new Problem({ detail: text }, 0);
}

byId("build").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button[type=submit]");
  const answer = byId("answer");
  button.disabled = true;
  answer.className = "muted";
  answer.textContent = "";
  try {
    followBuild(await build(form), onDone);
    answer.textContent = "It is in the queue.";
  } catch (error) {
    tell(answer, error);
  }
  button.disabled = false;
});

byId("more").addEventListener("click", () => orTell(more));

await orTell(async () => {
  await showVersion();
  await refresh();
  await followBuilds(null, onDone);
});
