// Uses `fetch` in every way that a client may, and prints what it saw: the same with and without tap.
// Arguments: base URL of a scripted server (see fetch_server.mjs).
import { execFileSync } from "node:child_process";

const base = process.argv[2];
const out = [];
const text = new TextDecoder();
const seen = async (name, run) => {
  try {
    out.push([name, await run()]);
  } catch (error) {
    out.push([name, "threw", error.name, error.code ?? error.cause?.code ?? ""]);
  }
};
const read = async (stream) => {
  let all = "";
  let parts = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return [parts > 0, all];
    parts += 1;
    all += text.decode(value);
  }
};
const shape = (r) => [r.status, r.ok, r.redirected, r.type, r.url.replace(base, ""), r.bodyUsed];

await seen("json", async () => {
  const r = await fetch(`${base}/json`);
  return [shape(r), await r.json(), r.bodyUsed];
});
await seen("json of no json", async () => {
  const r = await fetch(`${base}/text`);
  return await r.json().catch((e) => [e.name, e.message.length > 0]);
});
await seen("text", async () => (await fetch(new URL(`${base}/text`))).text());
await seen("text twice", async () => {
  const r = await fetch(`${base}/text`);
  await r.text();
  return await r.text();
});
await seen("bytes", async () => {
  const r = await fetch(`${base}/binary`);
  return [...new Uint8Array(await r.arrayBuffer())].slice(0, 8);
});
await seen("blob", async () => {
  const r = await fetch(`${base}/json`);
  const b = await r.blob();
  return [b.type, b.size, await b.text()];
});
await seen("form", async () => {
  const r = await fetch(`${base}/form`);
  return [...(await r.formData()).entries()];
});
await seen("204", async () => {
  const r = await fetch(`${base}/204`);
  return [shape(r), r.body, await r.text()];
});
await seen("redirect", async () => {
  const r = await fetch(`${base}/redirect`);
  return [shape(r), await r.text()];
});
await seen("redirect manual", async () => {
  const r = await fetch(`${base}/redirect`, { redirect: "manual" });
  return [r.status, await r.text()];
});
await seen("stream", async () => read((await fetch(`${base}/events`)).body));
await seen("for await", async () => {
  let all = "";
  for await (const part of (await fetch(`${base}/events`)).body) all += text.decode(part);
  return all;
});
await seen("pipeThrough", async () =>
  (await read((await fetch(`${base}/events`)).body.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())))[1],
);
await seen("body touched, then text", async () => {
  const r = await fetch(`${base}/text`);
  const held = r.body;
  return [held === r.body, r.bodyUsed, await r.text(), r.bodyUsed];
});
await seen("locked, then text", async () => {
  const r = await fetch(`${base}/text`);
  r.body.getReader();
  return await r.text();
});
await seen("read, then used", async () => {
  const r = await fetch(`${base}/slow`);
  const reader = r.body.getReader();
  const first = await reader.read();
  const used = r.bodyUsed;
  await reader.cancel();
  return [text.decode(first.value).startsWith("data: "), used];
});
await seen("clone", async () => {
  const r = await fetch(`${base}/json`);
  const c = r.clone();
  return [await c.text(), await r.text()];
});
await seen("clone, original first", async () => {
  const r = await fetch(`${base}/json`);
  const c = r.clone();
  return [await r.json(), await c.json()];
});
await seen("tee", async () => {
  const [a, b] = (await fetch(`${base}/text`)).body.tee();
  return [(await read(a))[1], (await read(b))[1]];
});
await seen("new Response of it", async () => {
  const r = await fetch(`${base}/json`);
  const copy = new Response(r.body, { status: r.status, headers: r.headers });
  return [copy.status, await copy.json()];
});
await seen("cancel", async () => {
  const r = await fetch(`${base}/slow`);
  const reader = r.body.getReader();
  await reader.read();
  await reader.cancel("enough");
  return "cancelled";
});
await seen("abort", async () => {
  const c = new AbortController();
  const r = await fetch(`${base}/slow`, { signal: c.signal });
  const reader = r.body.getReader();
  await reader.read();
  c.abort();
  // What has arrived by then may still be handed out.
  while (!(await reader.read()).done);
  return "ended";
});
await seen("abort before the head", async () => {
  const c = new AbortController();
  const answer = fetch(`${base}/never`, { signal: c.signal });
  fetch(`${base}/arrived`).then(() => c.abort());
  return await answer;
});
await seen("abort of a whole read", async () => {
  const c = new AbortController();
  const r = await fetch(`${base}/slow`, { signal: c.signal });
  setTimeout(() => c.abort(), 30);
  return await r.text();
});
await seen("cut", async () => {
  const r = await fetch(`${base}/cut`);
  fetch(`${base}/now`);
  try {
    return await read(r.body);
  } catch (error) {
    return ["cut", error.name];
  }
});
await seen("refused", async () => {
  try {
    await fetch("http://127.0.0.1:9/refused");
  } catch (error) {
    return [error.name, String(error.cause?.code ?? error.code ?? "")];
  }
});
await seen("slow reader", async () => {
  const reader = (await fetch(`${base}/many`)).body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await reader.cancel();
  return "stopped";
});
const posted = async (...request) => (await (await fetch(...request)).json()).body;
await seen("post text", () => posted(`${base}/echo`, { method: "POST", body: "plain" }));
await seen("post bytes", () => posted(`${base}/echo`, { method: "POST", body: new Uint8Array([65, 66]) }));
await seen("post form", () => posted(`${base}/echo`, { method: "POST", body: new URLSearchParams({ a: "1" }) }));
await seen("post stream", () =>
  posted(`${base}/echo`, { method: "POST", body: new Blob(["from a blob"]).stream(), duplex: "half" }),
);
await seen("post Request", () => posted(new Request(`${base}/echo`, { method: "POST", body: "of a Request" })));
await seen("post Request with init", () =>
  posted(new Request(`${base}/echo`, { method: "POST", body: "first" }), { body: "second" }),
);
await seen("headers", async () => {
  const init = { headers: Object.assign(Object.create(null), { "X-Odd": "1", accept: "a/b" }) };
  const got = (await (await fetch(`${base}/echo`, init)).json()).headers;
  return [got["x-odd"], got.accept];
});
await seen("no arguments", () => fetch());
await seen("no url", () => fetch("not a url"));
await seen("members", async () => [typeof fetch.preconnect, fetch.name, fetch.length]);
await seen("byob", async () => {
  const reader = (await fetch(`${base}/text`)).body.getReader({ mode: "byob" });
  const { value, done } = await reader.read(new Uint8Array(64));
  const last = await reader.read(new Uint8Array(64));
  return [text.decode(value), done, last.done, last.value?.byteLength];
});
await seen("stream is closed", async () => {
  const reader = (await fetch(`${base}/text`)).body.getReader();
  while (!(await reader.read()).done);
  return await reader.closed.then(() => "closed");
});
await seen("released, then read on", async () => {
  const r = await fetch(`${base}/events`);
  const reader = r.body.getReader();
  const first = await reader.read(); // how many pieces have become one is chance
  reader.releaseLock();
  return [r.body.locked, text.decode(first.value) + (await read(r.body))[1]];
});
await seen("both clones as streams", async () => {
  const r = await fetch(`${base}/text`);
  const c = r.clone();
  return [(await read(c.body))[1], (await read(r.body))[1]];
});
await seen("touched, then cloned", async () => {
  const r = await fetch(`${base}/text`);
  const held = r.body !== null;
  const c = r.clone();
  return [held, await c.text(), (await read(r.body))[1]];
});
await seen("locked, then cloned", async () => {
  const r = await fetch(`${base}/text`);
  r.body.getReader();
  return r.clone().status;
});
await seen("clone of a clone", async () => {
  const r = await fetch(`${base}/json`);
  const c = r.clone().clone();
  return [await c.json(), await r.text()];
});
await seen("method of the class", async () => {
  const r = await fetch(`${base}/text`);
  return await Response.prototype.text.call(r);
});
await seen("own keys", async () => {
  const r = await fetch(`${base}/text`);
  return [Object.keys(r), { ...r }, Object.prototype.toString.call(r), r instanceof Response];
});
await seen("unusual status", async () => {
  const r = await fetch(`${base}/799`);
  return [r.status, await r.text()];
});
await seen("set-cookie", async () => (await fetch(`${base}/cookies`)).headers.getSetCookie());
await seen("HEAD", async () => {
  const r = await fetch(`${base}/text`, { method: "head" });
  return [shape(r), await r.text()];
});
await seen("only the status", async () => (await fetch(`${base}/json`)).status);
await seen("break of a loop", async () => {
  for await (const part of (await fetch(`${base}/slow`)).body) return part.length > 0;
});
await seen("cancelled unread", async () => {
  const r = await fetch(`${base}/slow`);
  await r.body.cancel("no need");
  return r.bodyUsed;
});
await seen("pipeTo", async () => {
  let all = "";
  const sink = new WritableStream({ write: (part) => void (all += text.decode(part)) });
  await (await fetch(`${base}/events`)).body.pipeTo(sink);
  return all;
});
await seen("aborted beforehand", () => fetch(`${base}/text`, { signal: AbortSignal.abort() }));
await seen("abort for a reason", () => {
  const c = new AbortController();
  const answer = fetch(`${base}/never`, { signal: c.signal });
  fetch(`${base}/arrived`).then(() => c.abort(new RangeError("mine")));
  return answer;
});
await seen("time limit", () => fetch(`${base}/late`, { signal: AbortSignal.timeout(30) }));
await seen("cut whole read", async () => {
  const r = await fetch(`${base}/cut`);
  const whole = r.text();
  fetch(`${base}/now`);
  return await whole;
});
await seen("reset", () => fetch(`${base}/reset`));
await seen("gzip", async () => {
  const r = await fetch(`${base}/gzip`);
  return [r.headers.get("content-encoding"), (await read(r.body))[1]];
});
await seen("damaged gzip", async () => (await fetch(`${base}/damaged`)).text());
await seen("headers of a Headers", async () => {
  const headers = new Headers({ "X-Odd": "1" });
  return (await (await fetch(`${base}/echo`, { headers })).json()).headers["x-odd"];
});
await seen("headers of a generator", async () => {
  const headers = (function* () {
    yield ["x-odd", "1"];
  })();
  return (await (await fetch(`${base}/echo`, { headers })).json()).headers["x-odd"];
});
await seen("headers of a Map", async () => {
  const headers = new Map([["x-odd", "1"]]);
  return (await (await fetch(`${base}/echo`, { headers })).json()).headers["x-odd"];
});
await seen("length of a Request's body", async () => {
  const got = await (await fetch(new Request(`${base}/echo`, { method: "POST", body: "four" }))).json();
  return [got.headers["content-length"], got.headers["transfer-encoding"], got.body];
});
await seen("Request of a stream", async () => {
  const body = new Blob(["streamed"]).stream();
  return posted(new Request(`${base}/echo`, { method: "POST", body, duplex: "half" }));
});
await seen("Request that is used", async () => {
  const request = new Request(`${base}/echo`, { method: "POST", body: "once" });
  const first = await posted(request);
  return [first, request.bodyUsed, await fetch(request).then(() => "again", (e) => e.name)];
});
await seen("FormData", async () => {
  const form = new FormData();
  form.set("a", "1");
  return (await posted(`${base}/echo`, { method: "POST", body: form })).includes('name="a"');
});
await seen("Blob", () => posted(`${base}/echo`, { method: "POST", body: new Blob(["blob"]) }));
await seen("large body", async () =>
  (await posted(`${base}/echo`, { method: "POST", body: "x".repeat(700_000) })).length,
);
await seen("in parallel", async () =>
  (await Promise.all(Array.from({ length: 20 }, () => fetch(`${base}/json`)))).length,
);
await seen("websocket", () => {
  if (typeof WebSocket === "undefined") return "none";
  const socket = new WebSocket(base.replace("http", "ws") + "/websocket");
  return new Promise((resolve) => {
    socket.onmessage = (event) => resolve(event.data);
    socket.onerror = () => resolve("error");
  });
});

// Frameworks replace the class (hono's server for Node does).
const Native = globalThis.Response;
globalThis.Response = class Response {
  constructor(...parts) {
    this.parts = parts;
  }
};
await seen("another Response", async () => [
  await (await fetch(`${base}/json`)).json(),
  await (await fetch(`${base}/text`)).text(),
  (await read((await fetch(`${base}/events`)).body))[0],
  await new Native((await fetch(`${base}/json`)).body).json(),
]);
globalThis.Response = Native;
// Named, as OpenCode does: else Bun gives what it was started with, whatever has changed since.
await seen("what a child inherits", () =>
  execFileSync("env", { encoding: "utf8", env: process.env })
    .split("\n")
    .filter((line) => /TAP|NODE_OPTIONS|OPENCODE/.test(line))
    .sort(),
);
await (await fetch(`${base}/last`)).text();
console.log(JSON.stringify(out, null, 1));
// What the recorder has not taken when a client exits is lost: who counts on it ends our stdin then.
process.stdin.once("end", () => process.exit(0)).resume();
