# SPDX-License-Identifier: Apache-2.0
"""An event loop in a thread of its own, for clients and servers that a test has many of."""
import asyncio
import threading


class LoopThread:
    """Base of what runs on `loop`; stop() ends the thread and every task that is left."""

    PATIENCE = 120  # seconds for a coroutine that the test waits for

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine):
        """Its result; called from the thread of the test."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(self.PATIENCE)

    def stop(self):
        async def end():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
