// A scripted server for fetch_suite.mjs; prints its port, and at the end what reached it.
import crypto from "node:crypto";
import http from "node:http";
import zlib from "node:zlib";

const sent = { slow: 0, many: 0 };
const closed = [];
let waiting = null;
let unanswered = null;
let half = null;
// Answers `arrived` once a request that is never answered has come.
const told = (asks, never) => {
  waiting ??= asks;
  unanswered ??= never;
  if (waiting === null || unanswered === null) return;
  waiting.end();
  waiting = unanswered = null;
};
// The client's clock alone decides when a request goes that nobody answers in time, and whether a
// connection is one that had been used: Bun asks again after a reset of such a one.
let resets = 0;
const countable = (path) => path !== "late" && (path !== "reset" || (resets += 1) === 1);
const server = http.createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname.slice(1);
  if (countable(path)) response.on("close", () => closed.push([path, response.writableFinished]));
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    switch (path) {
      case "json":
        return response.writeHead(200, { "content-type": "application/json" }).end('{"a":[1,"ü"]}');
      case "binary":
        return response.writeHead(200).end(Buffer.from([0, 255, 128, 13, 10, 1, 2, 3]));
      case "form":
        return response.writeHead(200, { "content-type": "application/x-www-form-urlencoded" }).end("a=1&b=2");
      case "204":
        return response.writeHead(204).end();
      case "redirect":
        return response.writeHead(302, { location: "/text" }).end();
      case "events": {
        response.writeHead(200, { "content-type": "text/event-stream" });
        let n = 0;
        const timer = setInterval(() => {
          response.write(`data: ${n}\n\n`);
          n += 1;
          if (n === 5) {
            clearInterval(timer);
            response.end();
          }
        }, 5);
        return response.on("close", () => clearInterval(timer));
      }
      case "slow": {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const timer = setInterval(() => response.write(`data: ${(sent.slow += 1)}\n\n`), 10);
        return response.on("close", () => clearInterval(timer));
      }
      case "many": {
        response.writeHead(200);
        const part = Buffer.alloc(256 * 1024, 120);
        const more = () => {
          while (!response.destroyed && response.write(part)) sent.many += 1;
          sent.many += 1;
        };
        response.on("drain", more);
        return more();
      }
      case "large":
        return response.end(Buffer.alloc(32 * 1024 * 1024, 120));
      case "cut":
        response.writeHead(200, { "content-length": "100" });
        half = response;
        return response.write("data: half");
      case "now": // The client has the head of `cut`: a cut before would be another failure.
        half.on("close", () => response.end());
        return half.destroy();
      case "late":
        return undefined;
      case "never":
        return told(null, response);
      case "arrived":
        return told(response, null);
      case "reset":
        return request.socket.resetAndDestroy();
      case "799":
        return response.writeHead(799).end("unusual");
      case "cookies":
        return response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end();
      case "gzip":
        return response.writeHead(200, { "content-encoding": "gzip" }).end(zlib.gzipSync("zipped"));
      case "damaged":
        return response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip at all");
      case "echo":
        return response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ body, headers: request.headers }));
      default:
        return response.writeHead(200, { "content-type": "text/plain" }).end("some text ü");
    }
  });
});
// One word to whoever opens a websocket.
server.on("upgrade", (request, socket) => {
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.resume();
  const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = crypto.createHash("sha1").update(key).digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  socket.write(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(Buffer.from([0x81, 5, ...Buffer.from("hello")]));
});
server.keepAliveTimeout = 0; // A client that stands still finds its connections open.
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
// Once the client is gone, and with it all that is open: what became of each request.
process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
process.on("exit", () => {
  console.log(JSON.stringify({ closed: closed.sort(), bounded: sent.many < 2000 }));
});
