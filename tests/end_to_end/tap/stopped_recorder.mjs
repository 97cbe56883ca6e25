// Reads much while nobody takes the copies, and then what had come before; when told to, asks once more, and
// ends when told to.
// Arguments: base URL of fetch_server.mjs, and `whole` to read the much at once.
const [, , base, whole] = process.argv;
const told = new Promise((resolve) => process.stdin.once("data", resolve));
const over = new Promise((resolve) => process.stdin.once("end", resolve));
const before = await fetch(`${base}/json`);
const large = await fetch(`${base}/large`);
let read = 0;
if (whole) read = (await large.arrayBuffer()).byteLength;
else for await (const part of large.body) read += part.byteLength;
await new Promise((resolve) => setImmediate(resolve)); // all that was copied is on its way
await before.json();
console.log(read);
await told;
await (await fetch(`${base}/json`)).json();
await over;
