// Runs inside the client and sends copies of its exchanges with the recorded host to the recorder.
//
// OpenCode loads it as a plugin, Node by `--import`. It wraps `fetch` and changes nothing of what
// passes: the request is the client's own, and nothing of a response is read before the client reads
// it. Invariants: whatever fails here, the client goes on as if this file were not there; copies leave
// the process over one private connection and nowhere else; that connection never keeps the client
// alive, never makes it wait, and holds a bounded number of bytes. Redaction is the recorder's.

import net from "node:net";
import process from "node:process";

const SETTINGS = "PAWWORK_PROXY_TAP";
const MARK = Symbol.for("pawwork-proxy.tap");
const MOST_WAITING = 12 * 1024 * 1024; // more than what the recorder looks at of a body
const RESERVE = 1024 * 1024; // for frames without data: an exchange copied in part still ends
const PIECE = 256 * 1024;
const CONNECTION_TRIES = 3;
const WHOLE_READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"];
const UPPER_CASE = /^(delete|get|head|options|post|put)$/i; // the methods that fetch writes so

const now = () => performance.timeOrigin + performance.now();

// The connection to the recorder; frames are JSON, one a line, the first one says who we are.
//
// They are written after everything that the event loop has to do now, so that neither a request nor
// what the client makes of a piece waits for them, and before the process ends.
class Recorder {
  constructor({ address, token }) {
    this.address = address;
    this.listens = true;
    this.tries = 0;
    this.socket = null;
    this.frames = [];
    this.bytes = 0;
    this.scheduled = false;
    this.send({
      t: "hello",
      token,
      pid: process.pid,
      runtime: process.versions.bun ? "bun" : "node",
      version: process.versions.bun ?? process.versions.node,
      program: process.execPath.split(/[\\/]/).pop(),
      at: now(),
    });
    process.on("exit", () => attempt(() => this.write()));
    this.connect();
  }

  connect() {
    this.tries += 1;
    const [, port] = /^tcp:(\d+)$/.exec(this.address) ?? [];
    const socket = net.connect(port ? { host: "127.0.0.1", port } : { path: this.address });
    socket.unref();
    socket.on("connect", () => {
      this.socket = socket;
      this.write();
    });
    socket.on("data", () => {}); // unread, it would keep the connection from closing
    socket.on("error", () => {});
    socket.on("close", () => {
      // A recorder that has gone is not looked for again: it has lost the beginning of everything.
      if (this.socket === socket || this.tries >= CONNECTION_TRIES) {
        this.listens = false;
        this.frames = [];
      } else setTimeout(() => this.connect(), 50 * this.tries).unref?.();
    });
  }

  // Whether the frame was taken; where nobody listens, none is missed.
  send(frame) {
    if (!this.listens) return true;
    const held = this.bytes + (this.socket?.writableLength ?? 0);
    if (held > MOST_WAITING + (frame.data === undefined ? RESERVE : 0)) return false;
    this.frames.push(frame);
    this.bytes += frame.data?.length ?? 0;
    if (!this.scheduled) setImmediate(() => attempt(() => this.write()));
    this.scheduled = true;
    return true;
  }

  write() {
    this.scheduled = false;
    if (this.socket === null || this.frames.length === 0) return;
    const lines = this.frames.map((frame) => {
      const data = frame.data?.toString("base64");
      return JSON.stringify(data === undefined ? frame : { ...frame, data }) + "\n";
    });
    this.frames = [];
    this.bytes = 0;
    this.socket.write(lines.join(""));
  }
}

// What one exchange tells the recorder; its methods may be called at any time, and none raises.
class Exchange {
  static count = 0;

  constructor(recorder) {
    this.recorder = recorder;
    this.id = Exchange.count += 1;
    this.lost = {};
    this.ended = false;
    this.sending = true;
    this.reader = null;
  }

  say(t, fields) {
    try {
      const frame = { t, id: this.id, at: now(), ...fields };
      if (Object.keys(this.lost).length > 0) frame.lost = this.lost;
      if (this.recorder.send(frame)) this.lost = {};
      else this.miss(t);
    } catch {
      this.miss(t);
    }
  }

  miss(t) {
    this.lost[t] = (this.lost[t] ?? 0) + 1;
  }

  copy(t, part) {
    if (!this.recorder.listens) return;
    try {
      const bytes = bytesOf(part);
      for (let start = 0; start < bytes.length; start += PIECE) {
        this.say(t, { data: bytes.subarray(start, start + PIECE) });
      }
    } catch {
      this.miss(t);
    }
  }

  // The request's body is copied; `seen` is false where it could not be.
  sent(seen) {
    if (this.sending) this.say("sent", { seen });
    this.sending = false;
  }

  end(how, error) {
    if (this.ended) return;
    this.ended = true;
    this.sent(false);
    this.say("end", how === "failed" ? { how, code: codeOf(error) } : { how });
  }

  // Of an answer and its clones only the one that is read first is copied.
  isReadBy(one) {
    this.reader ??= one;
    return this.reader === one;
  }
}

// A copy of a body's piece: the client may go on to change its own.
function bytesOf(part) {
  if (typeof part === "string") return Buffer.from(part);
  if (part instanceof ArrayBuffer) return Buffer.from(part.slice());
  return Buffer.from(part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength));
}

// The code of a failure, or its name; never its text, which may quote anything.
function codeOf(error) {
  return String(error?.cause?.code ?? error?.code ?? error?.name ?? "");
}

function failure(error, signal) {
  return signal?.aborted || error?.name === "AbortError" ? "left" : "failed";
}

// Names and values of headers; raises for what can be gone through only once, and is the client's.
function pairs(headers) {
  if (headers === undefined || headers === null) return [];
  if (typeof headers[Symbol.iterator] !== "function") {
    return Object.keys(headers).map((name) => [name, String(headers[name])]);
  }
  if (headers[Symbol.iterator]() === headers) throw new TypeError("these would be used up");
  return Array.from(headers, ([name, value]) => [String(name), String(value)]);
}

// Copies the body of a request that has just been sent, where that does not touch it.
function copyBody(exchange, body, clone) {
  if (clone !== null) {
    clone.arrayBuffer().then(
      (whole) => {
        if (exchange.sending) exchange.copy("body", whole);
        exchange.sent(true);
      },
      () => exchange.sent(false),
    );
    return;
  }
  const plain = body instanceof URLSearchParams ? body.toString() : (body ?? "");
  const known =
    typeof plain === "string" || plain instanceof ArrayBuffer || ArrayBuffer.isView(plain);
  if (known) exchange.copy("body", plain);
  exchange.sent(known);
}

// A stream that gives what `native` gives, piece by piece as it is asked, and copies it.
class CopiedStream {
  constructor(native, copy, end) {
    this.native = native;
    this.reader = null;
    let pulling = false;
    let over = false;
    const finish = (controller) => {
      end("complete");
      attempt(() => controller.close());
      attempt(() => controller.byobRequest?.respond(0));
    };
    const source = {
      pull: async (controller) => {
        this.reader ??= native.getReader();
        this.watched ??= this.reader.closed.then(
          () => {
            over = true; // it may be so before its last piece has come out of `read`
            if (!pulling) finish(controller);
          },
          (error) => {
            end("failed", error);
            attempt(() => controller.error(error));
          },
        );
        pulling = true;
        const { done, value } = await this.reader.read();
        pulling = false;
        if (!done) {
          copy(value);
          controller.enqueue(value);
        }
        if (done || over) finish(controller);
      },
      cancel: (reason) => {
        end("left");
        return (this.reader ?? native).cancel(reason);
      },
    };
    if (hasBytes(native)) source.type = "bytes";
    // The runtime's own class: clients replace globals.
    this.stream = new native.constructor(source, { highWaterMark: 0 });
  }

  // What the client has locked of our stream must be locked of the runtime's, too.
  follow() {
    if (this.stream.locked && this.reader === null) this.reader = this.native.getReader();
  }
}

function attempt(step) {
  try {
    return step();
  } catch {
    return undefined;
  }
}

function hasBytes(stream) {
  const reader = attempt(() => stream.getReader({ mode: "byob" }));
  reader?.releaseLock();
  return reader !== undefined;
}

// Overrides on the answer itself, not on its class: clients replace `globalThis.Response`.
function observe(response, exchange, signal) {
  const prototype = Object.getPrototypeOf(response);
  const me = {};
  let copied = null;
  const copy = (part) => exchange.isReadBy(me) && exchange.copy("chunk", part);
  const end = (how, error) => {
    if (!exchange.isReadBy(me)) return;
    exchange.end(how === "failed" ? failure(error, signal) : how, error);
  };
  const fresh = (whole) => new response.constructor(whole, { headers: response.headers });
  fresh(null); // where it cannot be made, this answer is left alone

  const overrides = {
    body: {
      get: () => {
        const native = Reflect.get(prototype, "body", response);
        if (native === null || native === undefined) return native;
        copied ??= new CopiedStream(native, copy, end);
        return copied.stream;
      },
    },
    clone: {
      value: () => {
        copied?.follow();
        const clone = prototype.clone.call(response);
        copied = null;
        attempt(() => observe(clone, exchange, signal));
        return clone;
      },
      writable: true,
    },
  };
  for (const name of WHOLE_READS) {
    if (typeof prototype[name] !== "function") continue;
    overrides[name] = {
      value: async () => {
        copied?.follow();
        if (copied?.native.locked || response.bodyUsed) return prototype[name].call(response);
        let whole;
        try {
          whole = await prototype.arrayBuffer.call(response);
        } catch (error) {
          end("failed", error);
          throw error;
        }
        copy(whole);
        end("complete");
        return name === "arrayBuffer" ? whole : fresh(whole)[name]();
      },
      writable: true,
    };
  }
  for (const override of Object.values(overrides)) override.configurable = true;
  Object.defineProperties(response, overrides);
}

function answered(response, exchange, request) {
  try {
    const { status, headers } = response;
    exchange.say("head", { status, headers: pairs(headers) });
    const bodiless = request.method === "HEAD" || [101, 204, 205, 304].includes(status);
    if (bodiless || headers.get("content-length") === "0") exchange.end("complete");
    else observe(response, exchange, request.signal);
  } catch {
    exchange.end("unseen");
    for (const name of ["body", "clone", ...WHOLE_READS]) delete response[name];
  }
}

// What can be told of a request that is about to be sent; null where it goes to another host.
function described(input, init, hosts) {
  const text = typeof input === "string" ? input : (input?.url ?? input?.href);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !hosts.includes(url.host.replace(/\.(?=:|$)/, ""))) return null;
  const given = String(init?.method ?? input.method ?? "GET");
  const method = UPPER_CASE.test(given) ? given.toUpperCase() : given;
  const body = init?.body ?? null;
  const request = typeof input.clone === "function" && body === null;
  return {
    at: now(),
    method,
    target: url.pathname + url.search,
    headers: pairs(init?.headers ?? input.headers),
    signal: init?.signal ?? input.signal,
    body,
    // Never the getter `body` of a Request: touching it empties the request in Bun.
    clone: request && !/^(GET|HEAD)$/.test(method) ? input.clone() : null,
  };
}

function wrapFetch(recorder, hosts, forget) {
  const original = globalThis.fetch;
  const wrapper = function fetch(input, init) {
    const request = attempt(() => described(input, init, hosts));
    const promise = original.apply(this, arguments);
    if (request === null || typeof promise?.then !== "function") return promise;
    if (request === undefined) {
      attempt(() => recorder.send({ t: "unseen", at: now() }));
      return promise;
    }
    const { at, method, target, headers, signal, body, clone } = request;
    forget();
    const exchange = new Exchange(recorder);
    exchange.say("open", { at, method, target, headers });
    attempt(() => copyBody(exchange, body, clone));
    return promise.then(
      (response) => {
        attempt(() => answered(response, exchange, request));
        return response;
      },
      (error) => {
        exchange.end(failure(error, signal), error);
        throw error;
      },
    );
  };
  // Its name and length, and `fetch.preconnect` of Bun.
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
  globalThis.fetch = wrapper;
}

// What the client starts inherits its environment, and the tap is for the client alone.
function forgetting(environment, added) {
  delete environment[SETTINGS];
  const options = environment.NODE_OPTIONS?.replace(`--import=${added}`, "").trim();
  if (options) environment.NODE_OPTIONS = options;
  else delete environment.NODE_OPTIONS;
  if (!environment.OPENCODE_CONFIG_CONTENT) return;
  const config = JSON.parse(environment.OPENCODE_CONFIG_CONTENT);
  config.plugin = (config.plugin ?? []).filter((one) => one !== added);
  if (config.plugin.length === 0) delete config.plugin;
  if (Object.keys(config).length === 0) delete environment.OPENCODE_CONFIG_CONTENT;
  else environment.OPENCODE_CONFIG_CONTENT = JSON.stringify(config);
}

function start() {
  const { address, token, hosts, added } = JSON.parse(process.env[SETTINGS]);
  const recorder = new Recorder({ address, token });
  let forgotten = false;
  const forget = () => {
    if (!forgotten) attempt(() => forgetting(process.env, added));
    forgotten = true;
  };
  wrapFetch(recorder, hosts, forget);
  // Until a program shows that it is a client, it may be one that only starts the client.
  return () => {
    forget();
    recorder.send({ t: "client", at: now() });
  };
}

// Without a recorder the client runs without a tap, and with two ways in it has one.
if (process.env[SETTINGS]) globalThis[MARK] ??= attempt(start);

// What OpenCode expects of a plugin; it hooks into nothing.
export const PawworkProxyTap = async () => {
  attempt(() => globalThis[MARK]?.());
  return {};
};
