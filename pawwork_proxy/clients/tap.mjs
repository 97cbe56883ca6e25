// Runs inside the client and tells the recorder of its exchanges with the recorded host.
//
// OpenCode loads it as a plugin, Node by `--import`. It wraps `fetch` and changes nothing of what
// passes: the request is the client's own, and so is the response. Invariants: whatever fails here, the
// client goes on as if this file were not there; copies leave the process over one private connection
// and nowhere else. Redaction is the recorder's.

import process from "node:process";
import { Exchange, Recorder, attempt, now } from "./tap_recorder.mjs";
import { answered, failure, pairs } from "./tap_response.mjs";

const SETTINGS = "PAWWORK_PROXY_TAP";
const MARK = Symbol.for("pawwork-proxy.tap");
const UPPER_CASE = /^(delete|get|head|options|post|put)$/i; // the methods that fetch writes so

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
