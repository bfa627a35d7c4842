"""PyPI `openai`: responses beside the conversation, cancelling, errors, settings and secrets."""

import openai
import websockets

from support.case import ServerCase
from support.order import Order
from support.server import STANDINS, Server
from support.talk import TYPES, Talk


class Responses(ServerCase):
    """Stand-ins listen, think and speak."""

    arguments = STANDINS

    async def test_a_response_beside_the_conversation(self) -> None:
        async with self.talk() as talk:
            await talk.say("Hello")
            await talk.connection.response.create()
            await talk.until("response.output_audio.delta")
            await talk.connection.response.create(
                response={
                    "conversation": "none",
                    "output_modalities": ["text"],
                    "metadata": {"topic": "classification"},
                    "input": [
                        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sort this."}]}
                    ],
                }
            )
            beside = await talk.done()
            self.assertEqual(beside.metadata, {"topic": "classification"})
            self.assertIsNone(beside.conversation_id)
            self.assertTrue(beside.output[0].content[0].text)
            self.assertNotIn(beside.output[0].id, talk.order.items)
            spoken = await talk.done()
            self.assertEqual(spoken.status, "completed")
            self.assertEqual(talk.order.items[-1], spoken.output[0].id)
            self.assertEqual(talk.errors(), [])

    async def test_one_response_at_a_time_and_none_to_cancel(self) -> None:
        async with self.talk() as talk:
            await talk.connection.response.cancel(event_id="nothing")
            refused = (await talk.until("error")).error
            self.assertEqual((refused.code, refused.event_id), ("response_cancel_not_active", "nothing"))

            await talk.say("Hello")
            await talk.connection.response.create()
            await talk.until("response.output_audio.delta")
            await talk.connection.response.create(event_id="second")
            refused = (await talk.until("error")).error
            self.assertEqual(refused.code, "conversation_already_has_active_response")
            self.assertEqual(refused.event_id, "second")

            await talk.connection.response.cancel()
            response = await talk.done()
            self.assertEqual((response.status, response.status_details.reason), ("cancelled", "client_cancelled"))
            self.assertEqual(response.output[0].status, "incomplete")

    async def test_a_wrong_setting_is_named_and_changes_nothing(self) -> None:
        cases = {
            "session.audio.input.turn_detection.threshold": {
                "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}
            },
            "session.audio.output.format.type": {"audio": {"output": {"format": {"type": "audio/mp3"}}}},
            "session.audio.output.speed": {"audio": {"output": {"speed": 9}}},
            "session.output_modalities": {"output_modalities": ["text", "audio"]},
            "session.tools[0].name": {"tools": [{"type": "function"}]},
        }
        async with self.talk() as talk:
            before = talk.of("session.created")[0].session
            for param, wrong in cases.items():
                update = {"type": "realtime", "instructions": "not this", **wrong}
                await talk.connection.session.update(session=update, event_id=param)
                refused = (await talk.until("error")).error
                self.assertEqual((refused.param, refused.event_id), (param, param), refused.message)
            await talk.connection.session.update(session={"type": "realtime"})
            after = (await talk.until("session.updated")).session
            self.assertEqual(after, before)

    async def test_a_client_secret_brings_its_session(self) -> None:
        secret = await self.client().realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session={"type": "realtime", "instructions": "Be brief.", "output_modalities": ["text"]},
        )
        self.assertTrue(secret.value.startswith("ek_"))
        self.assertEqual(secret.session.instructions, "Be brief.")
        async with self.talk(secret.value) as talk:
            session = talk.of("session.created")[0].session
            self.assertEqual((session.instructions, session.output_modalities), ("Be brief.", ["text"]))
            await talk.say("Hello")
            await talk.connection.response.create()
            self.assertTrue((await talk.done()).output[0].content[0].text)

    async def test_wrong_requests_are_refused_in_the_packages_words(self) -> None:
        with self.assertRaises(openai.BadRequestError) as refused:
            await self.client().realtime.client_secrets.create(expires_after={"anchor": "created_at", "seconds": 5})
        self.assertEqual(refused.exception.param, "expires_after.seconds")
        with self.assertRaises(openai.BadRequestError) as refused:
            await self.client().realtime.calls.create(sdp="v=0 and nothing else")
        self.assertEqual(refused.exception.param, "sdp")
        with self.assertRaises(openai.NotFoundError):
            await self.client().realtime.calls.hangup("rtc_unknown")

    async def test_a_server_with_a_token_lets_its_holders_in(self) -> None:
        with Server(*STANDINS, PRAXILOOM_ACCESS_TOKEN="sk-of-the-whole-house") as server:
            holder = self.client("sk-of-the-whole-house", server)
            stranger = self.client("sk-of-somebody-else", server)
            with self.assertRaises(openai.AuthenticationError) as refused:
                await stranger.realtime.client_secrets.create()
            self.assertEqual(refused.exception.code, "invalid_api_key")
            with self.assertRaises(websockets.exceptions.InvalidStatus) as closed:
                await stranger.realtime.connect(model="gpt-realtime").enter()
            self.assertEqual(closed.exception.response.status_code, 401)

            secret = (await holder.realtime.client_secrets.create()).value
            guest = self.client(secret, server)
            async with guest.realtime.connect(model="gpt-realtime") as connection, Talk(connection) as talk:
                await talk.say("Hello")
                await talk.until("conversation.item.done")
            with self.assertRaises(openai.PermissionDeniedError):
                await guest.realtime.client_secrets.create()

    def test_the_package_without_asyncio(self) -> None:
        client = openai.OpenAI(api_key="none", base_url=self.server.api)
        order = Order()
        with client.realtime.connect(model="gpt-realtime") as connection:
            connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
            connection.conversation.item.create(item=item)
            connection.response.create()
            text = ""
            for event in connection:
                given = event.to_dict(mode="json")
                TYPES.validate_python(given)
                order.take(given)
                if event.type == "response.output_text.delta":
                    text += event.delta
                elif event.type == "response.done":
                    break
        order.finish()
        self.assertEqual(text, "I think that is a good question.")
