/**
 * A server that speaks chat completions: asked with tools it calls the first, told what the tool
 * gave it answers with that.
 */

import { once } from "node:events";
import { createServer } from "node:http";

/** Its address, the requests it had, and how to end it. */
export async function startChat(args) {
  const requests = [];
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") {
      // The server asks for nothing yet: it opens its connection ahead of time.
      response.writeHead(404).end();
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body);
    requests.push(asked);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of answer(asked, args)) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function* answer(asked, args) {
  const chunk = (delta, finish = null) => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_795_262_400,
    model: asked.model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const last = asked.messages.at(-1);
  if (last.role === "user" && asked.tools?.length) {
    const { name } = asked.tools[0].function;
    const call = { index: 0, id: "call_1", type: "function", function: { name, arguments: "" } };
    yield chunk({ role: "assistant", tool_calls: [call] });
    const text = JSON.stringify(args);
    for (const part of [text.slice(0, 7), text.slice(7)]) {
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] });
    }
    yield chunk({}, "tool_calls");
    return;
  }
  yield chunk({ role: "assistant", content: "" });
  for (const word of `I heard ${last.content}.`.split(/(?= )/)) yield chunk({ content: word });
  yield chunk({}, "stop");
}
