// Reads much while nobody takes the copies; when told to, asks once more, and ends when told to.
// Arguments: base URL of fetch_server.mjs.
const base = process.argv[2];
const told = new Promise((resolve) => process.stdin.once("data", resolve));
const over = new Promise((resolve) => process.stdin.once("end", resolve));
let read = 0;
for await (const part of (await fetch(`${base}/large`)).body) read += part.byteLength;
console.log(read);
await told;
await (await fetch(`${base}/json`)).json();
await over;
