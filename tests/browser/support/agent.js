/** A page of somebody else: the stock SDK over WebRTC, told nothing but where the server is. */

import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession } from "@openai/agents-realtime";

const where = new URLSearchParams(location.search);
const transport = new OpenAIRealtimeWebRTC({
  baseUrl: `${where.get("server")}/v1/realtime/calls`,
});
const session = new RealtimeSession(new RealtimeAgent({ name: "Coach" }), { transport });

window.agent = { session, events: [], errors: [], history: [] };
session.on("error", (error) => window.agent.errors.push(JSON.stringify(error)));
session.on("transport_event", (event) => window.agent.events.push(event));
session.on("history_updated", (history) => (window.agent.history = history));

document.querySelector("button").addEventListener("click", async () => {
  await session.connect({ apiKey: where.get("secret") });
  document.body.dataset.connected = "yes";
});
