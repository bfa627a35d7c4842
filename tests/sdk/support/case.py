"""A test case with a server of its own, and clients that are closed when their test is over."""

import asyncio
import contextlib
import unittest
from collections.abc import AsyncIterator

import openai

from .server import Server
from .talk import Talk


class ServerCase(unittest.IsolatedAsyncioTestCase):
    """Tests that share one server, started with `arguments`."""

    arguments: tuple[str, ...] = ()
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(*cls.arguments)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()

    async def asyncSetUp(self) -> None:
        # The test case's own debugging tells of every moment in which the machine was busy.
        asyncio.get_running_loop().set_debug(False)

    def client(self, key: str = "none", server: Server | None = None) -> openai.AsyncOpenAI:
        """A client of the server, with this key."""
        client = openai.AsyncOpenAI(api_key=key, base_url=(server or self.server).api, max_retries=0)
        self.addAsyncCleanup(client.close)
        return client

    @contextlib.asynccontextmanager
    async def talk(self, key: str = "none", **session: object) -> AsyncIterator[Talk]:
        """A connection, with this session, held to have left nothing open at its end."""
        client = self.client(key)
        async with client.realtime.connect(model="gpt-realtime") as connection, Talk(connection) as talk:
            if session:
                await connection.session.update(session={"type": "realtime", **session})
                await talk.until("session.updated")
            yield talk
            talk.order.finish()
