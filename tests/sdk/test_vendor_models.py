"""The language models' stand-ins, told by the vendors' own clients to be what they stand for."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import openai
from support.standins import KEY, StandInCase

GREETING = "Grüß dich, 世界!"
ARGUMENTS = '{"at":"é"}'

# What a client made of an answer.
Found = dict[str, Any]


def refused(error: anthropic.APIStatusError | openai.APIStatusError) -> Found:
    found = {"error": type(error).__name__}
    wait = error.response.headers.get("retry-after")
    return found if wait is None else found | {"retry_after": wait}


class Models(StandInCase):
    """Each behaves in eight ways, one after the other: two whole answers, two that are not given in
    full, one that breaks off, and three refusals."""

    async def expect(self, ask: Callable[[], Awaitable[Found]], whole: str, called: str, cut: str, withheld: str) -> None:
        """What every client should make of them, but for the names of the vendor's own."""
        expected = [
            {"text": GREETING, "stopped": whole, "input": 12, "cached": 4, "output": 5},
            {"call": "call_1", "name": "look", "arguments": ARGUMENTS, "stopped": called},
            {"text": "Well", "stopped": cut},
            {"stopped": withheld},
            {"text": "Well", "error": "APIError"},
            {"error": "RateLimitError", "retry_after": "2"},
            {"error": "AuthenticationError"},
            {"error": "InternalServerError"},
        ]
        for behaviour in expected:
            found = {name: value for name, value in (await ask()).items() if value not in (None, "")}
            self.assertEqual(found, behaviour)

    def openai(self, which: str) -> openai.AsyncOpenAI:
        client = openai.AsyncOpenAI(api_key=KEY, base_url=self.standins.think[which], max_retries=0)
        self.addAsyncCleanup(client.close)
        return client

    async def test_anthropic(self) -> None:
        client = anthropic.AsyncAnthropic(api_key=KEY, base_url=self.standins.think["anthropic"], max_retries=0)
        self.addAsyncCleanup(client.close)

        async def ask() -> Found:
            text = ""
            try:
                async with client.messages.stream(
                    model="claude", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
                ) as stream:
                    async for piece in stream.text_stream:
                        text += piece
                    message = await stream.get_final_message()
            except anthropic.APIStatusError as error:
                # An error in mid-stream has the status of the stream.
                return {"text": text, "error": "APIError"} if error.status_code == 200 else refused(error)
            except anthropic.APIError:
                return {"text": text, "error": "APIError"}
            found: Found = {"text": text, "stopped": message.stop_reason}
            if message.stop_reason == "end_turn":
                usage = message.usage
                cached = usage.cache_read_input_tokens or 0
                found |= {"input": usage.input_tokens + cached, "cached": cached, "output": usage.output_tokens}
            for block in message.content:
                if block.type == "tool_use":
                    arguments = json.dumps(block.input, ensure_ascii=False, separators=(",", ":"))
                    found |= {"call": block.id, "name": block.name, "arguments": arguments}
            return found

        await self.expect(ask, "end_turn", "tool_use", "max_tokens", "refusal")

    async def test_openai_responses(self) -> None:
        client = self.openai("responses")

        async def ask() -> Found:
            found: Found = {}
            text = ""
            try:
                stream = await client.responses.create(model="small", input="Hello", stream=True)
                async for event in stream:
                    match event.type:
                        case "response.output_text.delta":
                            text += event.delta
                        case "response.refusal.done":
                            found["stopped"] = "refusal"
                        case "response.output_item.done" if event.item.type == "function_call":
                            call = event.item
                            found |= {"call": call.call_id, "name": call.name, "arguments": call.arguments}
                        case "response.incomplete":
                            details = event.response.incomplete_details
                            found["stopped"] = details.reason if details else None
                        case "response.completed":
                            found.setdefault("stopped", event.response.status)
                            usage = event.response.usage
                            if usage and text:
                                cached = usage.input_tokens_details.cached_tokens
                                found |= {"input": usage.input_tokens, "cached": cached, "output": usage.output_tokens}
                        case "error":
                            found["error"] = "APIError"
            except openai.APIStatusError as error:
                return refused(error)
            except openai.APIError:
                found = {"error": "APIError"}
            return {"text": text} | found

        await self.expect(ask, "completed", "completed", "max_output_tokens", "refusal")

    async def test_openai_chat(self) -> None:
        client = self.openai("chat")

        async def ask() -> Found:
            found: Found = {}
            text = refusal = ""
            try:
                stream = await client.chat.completions.create(
                    model="small",
                    messages=[{"role": "user", "content": "Hello"}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
                async for chunk in stream:
                    if chunk.usage and not refusal and found.get("stopped") == "stop":
                        details = chunk.usage.prompt_tokens_details
                        found["input"] = chunk.usage.prompt_tokens
                        found["cached"] = details.cached_tokens if details else 0
                        found["output"] = chunk.usage.completion_tokens
                    for choice in chunk.choices:
                        text += choice.delta.content or ""
                        refusal += choice.delta.refusal or ""
                        found["stopped"] = "refusal" if refusal else choice.finish_reason
                        for call in choice.delta.tool_calls or []:
                            function = call.function
                            if call.id and function:
                                found |= {"call": call.id, "name": function.name}
                            arguments = function.arguments if function else None
                            found["arguments"] = found.get("arguments", "") + (arguments or "")
            except openai.APIStatusError as error:
                return refused(error)
            except openai.APIError:
                found = {"error": "APIError"}
            return {"text": text} | found

        await self.expect(ask, "stop", "tool_calls", "length", "refusal")
