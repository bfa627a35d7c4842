"""Reads a stand-in of Chat Completions with OpenAI's own client; prints what it made of each answer."""

import sys

import openai
from outcomes import tell

client = openai.OpenAI(api_key="letters", base_url=sys.argv[1] + "/v1", max_retries=0)


def ask() -> dict[str, object]:
    found: dict[str, object] = {}
    text = refusal = ""
    try:
        stream = client.chat.completions.create(
            model="small",
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
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
                    found["arguments"] = str(found.get("arguments", "")) + (arguments or "")
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "retry_after": error.response.headers.get("retry-after")}
    except openai.APIError:
        return {"text": text, "error": "APIError"}
    return {"text": text} | found


tell(ask)
