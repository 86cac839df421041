"""A PyTAK client that speaks TAK protocol version 1 (TAK_PROTO=1), for proto.t:
pytak_proto.py URL UID
It sends each line of standard input, an event, and writes to standard output
the TakMessage of each event that it hears, as PyTAK gives it, in hexadecimal.
It ends at end of file on standard input."""

import asyncio
import os
import sys
from configparser import ConfigParser

import pytak


class Sender(pytak.QueueWorker):
    """Puts lines on PyTAK's queue to the server."""

    async def handle_data(self, data):
        await self.put_queue(data)

    async def run(self, _=-1):
        loop = asyncio.get_running_loop()
        while True:
            line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
            if not line:
                # Without waiting for PyTAK's workers.
                os._exit(0)
            await self.handle_data(line.rstrip(b"\n"))


class Receiver(pytak.QueueWorker):
    """Takes messages from PyTAK's queue from the server."""

    async def handle_data(self, data):
        print(data.SerializeToString().hex(), flush=True)

    async def run(self, _=-1):
        while True:
            await self.handle_data(await self.queue.get())


async def main(url, uid):
    parser = ConfigParser()
    parser["client"] = {"COT_URL": url, "UID": uid, "COT_HOST_ID": uid,
                        "TAK_PROTO": "1"}
    config = parser["client"]
    tool = pytak.CLITool(config)
    await tool.setup()
    tool.add_tasks({Sender(tool.tx_queue, config),
                    Receiver(tool.rx_queue, config)})
    await tool.run()


if __name__ == "__main__":
    asyncio.new_event_loop().run_until_complete(main(*sys.argv[1:3]))
