// Copies of a response, made while the client reads it.
//
// Invariants: nothing of a response is read before the client reads it; the client gets what the
// runtime gives, piece by piece, and the runtime's own errors.

import { attempt } from "./tap_recorder.mjs";

const WHOLE_READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"];

export function failure(error, signal) {
  return signal?.aborted || error?.name === "AbortError" ? "left" : "failed";
}

// Names and values of headers; raises for what can be gone through only once, and is the client's.
export function pairs(headers) {
  if (headers === undefined || headers === null) return [];
  if (typeof headers[Symbol.iterator] !== "function") {
    return Object.keys(headers).map((name) => [name, String(headers[name])]);
  }
  if (headers[Symbol.iterator]() === headers) throw new TypeError("these would be used up");
  return Array.from(headers, ([name, value]) => [String(name), String(value)]);
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

// Tells of a response and copies what the client will read of it, or leaves it alone.
export function answered(response, exchange, request) {
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
