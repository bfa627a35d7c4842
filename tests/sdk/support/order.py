"""Holds every event of a session to the order that the protocol promises.

Give it each server event as a dictionary, in the order received, and at the end call `finish`.
It raises `OutOfOrder` at the first event that breaks a promise, with the events before it.

As a program it reads them from its input, a JSON object a line, and prints a JSON list of what is
wrong: `order.py order` of any session, `order.py idle` of one that has left nothing open, and
`order.py unnoticed` of what could be missing without anybody noticing.
"""

import collections
import json
import sys

VOICE_ENDS = ("turn_detected", "client_cancelled")
ALONE = {
    "error",
    "session.updated",
    "input_audio_buffer.cleared",
    "input_audio_buffer.timeout_triggered",
    "conversation.item.retrieved",
}


class OutOfOrder(AssertionError):
    """An event came where it may not."""


class Part:
    """A content part of a response that is being made."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.said = ""
        self.words: str | None = None
        self.sound = 0
        self.quiet = kind != "audio"
        self.done = False


class Made:
    """An item of a response that is being made."""

    def __init__(self, item: dict) -> None:
        self.item = item
        self.parts: list[Part] = []
        self.arguments = ""
        self.argued = item["type"] != "function_call"
        self.done = False


class Response:
    """A response that is being made."""

    def __init__(self, response: dict) -> None:
        self.remembered = response.get("conversation_id") is not None
        self.items: list[Made] = []


class Order:
    """The promises, and what happened so far."""

    def __init__(self, carrier: str = "websocket") -> None:
        self.carrier = carrier
        self.trace: collections.deque[str] = collections.deque(maxlen=40)
        self.seen: set[str] = set()
        self.count = 0
        self.items: list[str] = []
        self.finished: set[str] = set()
        self.speaking: str | None = None
        self.stopped: str | None = None
        self.transcribed: dict[str, str | None] = {}
        self.responses: dict[str, Response] = {}
        self.ended: set[str] = set()
        self.playing: str | None = None
        self.next: list[tuple[str, str]] = []

    def take(self, event: dict) -> None:
        """The next event."""
        kind = event["type"]
        self.trace.append(kind)
        self._need(event.get("event_id") not in self.seen | {None, ""}, "an event_id of its own")
        self.seen.add(event["event_id"])
        if self.count < 2:
            first = ("session.created", "conversation.created")[self.count]
            self._need(kind == first, f"{first} as event {self.count}")
        else:
            self._need(kind not in ("session.created", "conversation.created"), "one beginning")
        self.count += 1
        item = event.get("item_id") or event.get("item", {}).get("id", "")
        if self.next:
            self._need((kind, item) == self.next.pop(0), "what must follow at once")
        if kind in ALONE or self.count <= 2 or kind.startswith("praxiloom."):
            return
        handler = getattr(self, "_" + kind.replace(".", "_"), None)
        self._need(handler is not None, "a known event")
        handler(event, item)

    def finish(self) -> None:
        """The session is idle: nothing is left open."""
        self._need(not self.responses, f"response.done of {list(self.responses)}")
        self._need(not self.next, f"{self.next}")
        self._need(set(self.items) <= self.finished, "item.done of every item")
        self._need(self.playing is None, "output_audio_buffer.stopped")

    def _need(self, held: bool, promise: str) -> None:
        if not held:
            raise OutOfOrder(f"expected {promise}; the last events: {' '.join(self.trace)}")

    # Speech

    def _input_audio_buffer_speech_started(self, event: dict, item: str) -> None:
        self._need(item not in self.items, "speech of an item to come")
        self.speaking, self.began = item, event["audio_start_ms"]

    def _input_audio_buffer_speech_stopped(self, event: dict, item: str) -> None:
        self._need(self.speaking == item, "the end of the speech that began")
        self._need(event["audio_end_ms"] > self.began, "speech of some length")
        self.speaking, self.stopped = None, item

    def _input_audio_buffer_committed(self, event: dict, item: str) -> None:
        self._need(self.speaking is None, "speech_stopped before committed")
        self._need(self.stopped in (None, item), "the item whose speech stopped")
        self._need(event["previous_item_id"] == self._last(), "the real predecessor")
        self.stopped = None
        self.next = [("conversation.item.added", item), ("conversation.item.done", item)]
        self.transcribed[item] = ""

    def _conversation_item_input_audio_transcription_delta(self, event: dict, item: str) -> None:
        self._need(self.transcribed.get(item) is not None, "an item that is being transcribed")
        self.transcribed[item] += event["delta"]

    def _conversation_item_input_audio_transcription_completed(self, event: dict, item: str) -> None:
        told = self.transcribed.get(item)
        self._need(told is not None, "one transcript of a spoken item")
        self._need(told in ("", event["transcript"]), "the transcript that the deltas gave")
        self.transcribed[item] = None

    def _conversation_item_input_audio_transcription_failed(self, _: dict, item: str) -> None:
        self._need(self.transcribed.get(item) is not None, "an item that is being transcribed")
        self.transcribed[item] = None

    # Items

    def _conversation_item_added(self, event: dict, item: str) -> None:
        before = event["previous_item_id"]
        self._need(item not in self.items, "a new item")
        self._need(before is None or before in self.items, "a predecessor that exists")
        made = [made for response in self.responses.values() for made in response.items]
        if any(item == one.item["id"] for one in made):
            self._need(before == self._last(), "the real predecessor")
            self._need(event["item"]["status"] == "in_progress", "an item in progress")
        self.items.insert(0 if before is None else self.items.index(before) + 1, item)

    def _conversation_item_done(self, event: dict, item: str) -> None:
        self._need(item in self.items, "item.added before item.done")
        self._need(item not in self.finished, "one item.done")
        at = self.items.index(item)
        self._need(event["previous_item_id"] == (self.items[at - 1] if at else None), "the real predecessor")
        self._need(event["item"]["status"] != "in_progress", "an item that is finished")
        self.finished.add(item)

    def _conversation_item_truncated(self, event: dict, item: str) -> None:
        self._need(item in self.items, "an item of the conversation")

    def _conversation_item_deleted(self, event: dict, item: str) -> None:
        self._need(item in self.items, "an item of the conversation")
        self.items.remove(item)

    def _last(self) -> str | None:
        return self.items[-1] if self.items else None

    # Responses

    def _response_created(self, event: dict, _: str) -> None:
        response = event["response"]
        self._need(response["id"] not in self.ended | self.responses.keys(), "a new response")
        self._need(response["status"] == "in_progress" and not response["output"], "an empty response")
        made = Response(response)
        others = any(other.remembered for other in self.responses.values())
        self._need(not (made.remembered and others), "one response of the conversation at a time")
        self.responses[response["id"]] = made

    def _response_output_item_added(self, event: dict, item: str) -> None:
        response = self._response(event)
        self._need(event["output_index"] == len(response.items), "indexes without gaps")
        self._need(event["item"]["status"] == "in_progress", "an item in progress")
        self._need(not event["item"].get("content"), "an empty item")
        response.items.append(Made(event["item"]))
        if response.remembered:
            self.next = [("conversation.item.added", item)]

    def _response_content_part_added(self, event: dict, item: str) -> None:
        made = self._made(event)
        self._need(event["content_index"] == len(made.parts), "indexes without gaps")
        made.parts.append(Part(event["part"]["type"]))

    def _response_output_audio_delta(self, event: dict, _: str) -> None:
        self._need(self.carrier == "websocket", "sound on its own track")
        part = self._part(event, "audio")
        self._need(not part.quiet, "no sound after its end")
        part.sound += 1

    def _response_output_audio_done(self, event: dict, _: str) -> None:
        part = self._part(event, "audio")
        self._need(not part.quiet, "one end of the sound")
        part.quiet = True

    def _response_output_audio_transcript_delta(self, event: dict, _: str) -> None:
        self._said(self._part(event, "audio"), event["delta"])

    def _response_output_audio_transcript_done(self, event: dict, _: str) -> None:
        part = self._part(event, "audio")
        self._need(part.quiet, "output_audio.done before its transcript's")
        self._all_said(part, event["transcript"])

    def _response_output_text_delta(self, event: dict, _: str) -> None:
        self._said(self._part(event, "text"), event["delta"])

    def _response_output_text_done(self, event: dict, _: str) -> None:
        self._all_said(self._part(event, "text"), event["text"])

    def _response_content_part_done(self, event: dict, _: str) -> None:
        part = self._part(event, event["part"]["type"])
        words = event["part"].get("transcript", event["part"].get("text"))
        self._need(part.words is not None and part.words == words, "the words that were told")
        part.done = True

    def _response_function_call_arguments_delta(self, event: dict, _: str) -> None:
        made = self._made(event)
        self._need(not made.argued, "no arguments after their end")
        made.arguments += event["delta"]

    def _response_function_call_arguments_done(self, event: dict, _: str) -> None:
        made = self._made(event)
        self._need(not made.argued and made.arguments == event["arguments"], "the arguments that were told")
        made.argued = True

    def _response_output_item_done(self, event: dict, item: str) -> None:
        response, made = self._response(event), self._made(event)
        self._need(made.argued and all(part.done for part in made.parts), "the ends of the parts first")
        self._need(event["item"]["status"] != "in_progress", "an item that is finished")
        self._need(not response.remembered or item in self.finished, "item.done before output_item.done")
        made.done, made.item = True, event["item"]

    def _response_done(self, event: dict, _: str) -> None:
        ended = event["response"]
        response = self._response({"response_id": ended["id"]})
        self._need(all(made.done for made in response.items), "the ends of the items first")
        outputs = [made.item for made in response.items]
        self._need(ended["output"] == outputs, "the items as they were told")
        status, details = ended["status"], ended["status_details"] or {}
        known = ("completed", "cancelled", "incomplete", "failed")
        self._need(status in known, "a response that ended")
        if status == "cancelled":
            self._need(details.get("reason") in VOICE_ENDS, "why it was cancelled")
        if status == "completed":
            self._need(all(item["status"] == "completed" for item in outputs), "completed items")
            parts = [part for made in response.items for part in made.parts]
            self._need(all(part.words == part.said for part in parts), "all words as deltas")
        self.ended.add(ended["id"])
        del self.responses[ended["id"]]

    def _response(self, event: dict) -> Response:
        self._need(event["response_id"] in self.responses, "a response that is being made")
        return self.responses[event["response_id"]]

    def _made(self, event: dict) -> Made:
        items, index = self._response(event).items, event["output_index"]
        self._need(index < len(items), "output_item.added first")
        item = event.get("item_id") or event["item"]["id"]
        self._need(items[index].item["id"] == item and not items[index].done, "an item that is being made")
        return items[index]

    def _part(self, event: dict, kind: str) -> Part:
        parts, index = self._made(event).parts, event["content_index"]
        self._need(index < len(parts) and not parts[index].done, "a part that is being made")
        self._need(parts[index].kind == kind, f"a part of type {parts[index].kind}")
        return parts[index]

    def _said(self, part: Part, delta: str) -> None:
        self._need(part.words is None and delta != "", "words before their end")
        part.said += delta

    def _all_said(self, part: Part, words: str) -> None:
        # An answer that was cut off ends where the listener was, which may be before the last
        # words sent.
        self._need(part.words is None, "one end of the words")
        self._need(part.said.startswith(words), "the words of the deltas")
        part.words = words

    # What is not a promise of one response

    def _rate_limits_updated(self, event: dict, _: str) -> None:
        self._need(isinstance(event["rate_limits"], list), "a list")

    def _output_audio_buffer_started(self, event: dict, _: str) -> None:
        self._need(self.carrier == "webrtc" and self.playing is None, "one response played at a time")
        self._need(event["response_id"] in self.responses, "a response that is being made")
        self.playing = event["response_id"]

    def _output_audio_buffer_stopped(self, event: dict, _: str) -> None:
        self._need(self.playing == event["response_id"], "the response that is played")
        self._need(event["response_id"] in self.ended, "response.done before the end of its playout")
        self.playing = None

    def _output_audio_buffer_cleared(self, event: dict, _: str) -> None:
        self._need(self.carrier == "webrtc", "a server that plays")
        if self.playing == event["response_id"]:
            self.playing = None


# What may be missing without breaking a promise.
OPTIONAL = ALONE | {"rate_limits.updated", "response.output_audio.delta"}


def unnoticed(events: list[dict]) -> list[str]:
    """Proves that an order is held to at all.

    Gives which events of a good session could be missing, or change places with the one before
    within a response, without anybody noticing.
    """

    def holds(changed: list[dict]) -> bool:
        order = Order()
        try:
            for event in changed:
                order.take(event)
            order.finish()
        except OutOfOrder:
            return False
        return True

    missed = [] if holds(events) else ["the session itself breaks a promise"]
    for at, event in enumerate(events):
        kind = event["type"]
        if kind in OPTIONAL:
            continue
        if holds(events[:at] + events[at + 1 :]):
            missed.append(f"{kind} missing")
        before = events[at - 1]["type"] if at else ""
        both = before.startswith("response.") and kind.startswith("response.")
        if both and before not in OPTIONAL and before != kind:
            if holds(events[: at - 1] + [event, events[at - 1]] + events[at + 1 :]):
                missed.append(f"{kind} before {before}")
    return missed


def faults(purpose: str, events: list[dict]) -> list[str]:
    """What is wrong with the events of a session."""
    if purpose == "unnoticed":
        return unnoticed(events)
    order = Order()
    try:
        for event in events:
            order.take(event)
        if purpose == "idle":
            order.finish()
    except OutOfOrder as fault:
        return [str(fault)]
    return []


if __name__ == "__main__":
    json.dump(faults(sys.argv[1], [json.loads(line) for line in sys.stdin]), sys.stdout)
