"""Reads a stand-in of Anthropic with Anthropic's own client; prints what it made of each answer."""

import sys

import anthropic
from outcomes import tell

client = anthropic.Anthropic(api_key="letters", base_url=sys.argv[1], max_retries=0)


def ask() -> dict[str, object]:
    text = ""
    try:
        with client.messages.stream(
            model="claude", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
        ) as stream:
            for piece in stream.text_stream:
                text += piece
            message = stream.get_final_message()
    except anthropic.APIError as error:
        return {"text": text} | failed(error)
    found: dict[str, object] = {"text": text, "stopped": message.stop_reason}
    if message.stop_reason == "end_turn":
        usage = message.usage
        cached = usage.cache_read_input_tokens or 0
        found |= {"input": usage.input_tokens + cached, "cached": cached, "output": usage.output_tokens}
    for block in message.content:
        if block.type == "tool_use":
            found |= {"call": block.id, "name": block.name, "arguments": block.input}
    return found


def failed(error: anthropic.APIError) -> dict[str, object]:
    # An error in mid-stream has the status of the stream.
    if isinstance(error, anthropic.APIStatusError) and error.status_code != 200:
        return {"error": type(error).__name__, "retry_after": error.response.headers.get("retry-after")}
    return {"error": "APIError"}


tell(ask)
