// Asks a model once, as OpenCode would, and reads the answer, or leaves after its first piece; ends with stdin.
// Arguments: base address, and `leave`.
const [, , base, leave] = process.argv;
try {
  const response = await fetch(`${base}/chat/completions`, {
    method: "POST",
    redirect: "manual",
    headers: {
      authorization: "Bearer public",
      "content-type": "application/json",
      "user-agent": "opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14",
      "x-opencode-client": "cli",
      "x-opencode-project": "global",
      "x-opencode-request": "msg_0123456789abcdefghijklmnop",
      "x-opencode-session": "ses_0123456789abcdefghijklmnop",
    },
    body: JSON.stringify({
      model: "big-pickle",
      stream: true,
      messages: [{ role: "user", content: "hello" }],
    }),
  });
  for await (const part of response.body ?? []) if (leave) break;
} catch {
  // How it failed is what the capture has to say.
}
console.log("over");
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
