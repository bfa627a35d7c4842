"""Reads a stand-in of Responses with OpenAI's own client; prints what it made of each answer."""

import sys

import openai
from outcomes import tell

client = openai.OpenAI(api_key="letters", base_url=sys.argv[1] + "/v1", max_retries=0)


def ask() -> dict[str, object]:
    found: dict[str, object] = {}
    text = ""
    try:
        for event in client.responses.create(model="small", input="Hello", stream=True):
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
        return {"error": type(error).__name__, "retry_after": error.response.headers.get("retry-after")}
    except openai.APIError:
        return {"text": text, "error": "APIError"}
    return {"text": text} | found


tell(ask)
