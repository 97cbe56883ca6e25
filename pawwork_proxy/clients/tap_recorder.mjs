// What the tap tells of exchanges, and the private connection on which it tells the recorder.
//
// Invariants: nothing here raises into the client; the connection never keeps the client alive, never
// makes it wait, and holds a bounded number of bytes.

import net from "node:net";
import process from "node:process";

const MOST_WAITING = 12 * 1024 * 1024; // more than what the recorder looks at of a body
const RESERVE = 1024 * 1024; // for frames without data: an exchange copied in part still ends
const PIECE = 256 * 1024;
const CONNECTION_TRIES = 3;

export const now = () => performance.timeOrigin + performance.now();

// The result of a step that the client must not feel; undefined if it failed.
export function attempt(step) {
  try {
    return step();
  } catch {
    return undefined;
  }
}

// The connection to the recorder; frames are JSON, one a line, the first one says who we are.
//
// They are written after everything that the event loop has to do now, so that neither a request nor
// what the client makes of a piece waits for them, and before the process ends.
export class Recorder {
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
    this.bytes += Math.ceil(((frame.data?.length ?? 0) * 4) / 3); // as it will be on its way
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
export class Exchange {
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
