// Talks to the API: the key, problems, downloads and streams of events.

const KEY = "textmill.key";

/** A refusal by the service: what was wrong, and what to do next. */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? `the service answered ${status}`);
    this.status = status;
    this.hint = body.hint ?? null;
    this.errors = body.errors ?? [];
  }
}

/** Whether this tab has a key. */
export const hasKey = () => sessionStorage.getItem(KEY) !== null;

/** Asks the API; asks the user for a key when the service wants one. */
export async function ask(path, options = {}) {
  for (;;) {
    const headers = new Headers(options.headers);
    const key = sessionStorage.getItem(KEY);
    if (key) headers.set("Authorization", `Bearer ${key}`);
    let response;
    try {
      response = await fetch(path, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem({ detail: "the service can't be reached", hint: "check that it runs" }, 0);
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => ({}));
    const problem = new Problem(body, response.status);
    // Another request may have been given a key meanwhile.
    const isNews = sessionStorage.getItem(KEY) !== key;
    if (response.status !== 401 || !(isNews || (await askForKey(problem)))) throw problem;
  }
}

/** Asks, and reads JSON. */
export const askJson = async (path, options) => (await ask(path, options)).json();

/** Sends JSON. */
export const postJson = (path, body) =>
  askJson(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

let asking = null;

/** One question at a time, however many requests wait for it. */
function askForKey(problem) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("key-dialog");
    const field = document.getElementById("key");
    document.getElementById("key-why").textContent = hasKey()
      ? problem.message
      : "It is kept in this tab only, until you close it.";
    field.value = "";
    dialog.addEventListener(
      "close",
      () => {
        const isGiven = dialog.returnValue === "use" && field.value.trim() !== "";
        if (isGiven) sessionStorage.setItem(KEY, field.value.trim());
        field.value = "";
        asking = null;
        resolve(isGiven);
      },
      { once: true },
    );
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}

/** Saves a file; a link can't carry the key, so the bytes are fetched first. */
export async function save(path, name) {
  const blob = await (await ask(path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Follows a stream of events until `done`; comes back with the last id when it breaks off. */
export async function follow(path, onEvent, signal) {
  let lastId = null;
  let pause = 1_000;
  while (!signal.aborted) {
    try {
      const headers = lastId === null ? {} : { "Last-Event-ID": lastId };
      const response = await ask(path, { headers, signal });
      for await (const event of events(response.body)) {
        lastId = event.id ?? lastId;
        pause = 1_000;
        onEvent(event.name, JSON.parse(event.data));
        if (event.name === "done") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if ([401, 404].includes(error.status)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 30_000);
  }
}

/** Reads server-sent events out of a body. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { name: "message", id: null, data: "" };
      for (const line of block.split("\n")) {
        const [, field, value] = line.match(/^(event|id|data): ?(.*)$/) ?? [];
        if (field === "event") event.name = value;
        else if (field === "id") event.id = value;
        else if (field === "data") event.data += value;
      }
      if (event.data) yield event;
    }
  }
}
