"""A PyTAK client for pytak.t: pytak_client.py URL UID [CERT KEY CA]
It sends a position five times a second, and a line "got UID TYPE CALLSIGN" to
standard output for each new uid and type that it hears; it ends at end of
file on standard input."""

import asyncio
import os
import sys
import xml.etree.ElementTree as ET
from configparser import ConfigParser

import pytak


class Sender(pytak.QueueWorker):
    """Puts positions on PyTAK's queue to the server."""

    async def handle_data(self, data):
        await self.put_queue(data)

    async def run(self, _=-1):
        uid = self.config["UID"]
        while True:
            xml = pytak.gen_cot_xml(lat=48.5, lon=-122.25, ce=5, hae=30, le=5,
                                    uid=uid, stale=60, cot_type="a-f-G-U-C",
                                    callsign="cs-\u00e9-" + uid)
            await self.handle_data(pytak.serialize_cot(xml))
            await asyncio.sleep(0.2)


class Receiver(pytak.QueueWorker):
    """Takes events from PyTAK's queue from the server."""

    known = set()

    async def handle_data(self, data):
        event = ET.fromstring(data)
        contact = event.find("detail/contact")
        key = (event.get("uid"), event.get("type"))
        if key in self.known:
            return
        self.known.add(key)
        print("got", *key, "-" if contact is None else
              contact.get("callsign"), flush=True)

    async def run(self, _=-1):
        while True:
            await self.handle_data(await self.queue.get())


async def main(url, uid, cert="", key="", ca=""):
    parser = ConfigParser()
    parser["client"] = {"COT_URL": url, "UID": uid, "COT_HOST_ID": uid}
    if cert:
        parser["client"].update({
            "PYTAK_TLS_CLIENT_CERT": cert, "PYTAK_TLS_CLIENT_KEY": key,
            "PYTAK_TLS_CLIENT_CAFILE": ca,
            "PYTAK_TLS_DONT_CHECK_HOSTNAME": "1"})
    config = parser["client"]
    tool = pytak.CLITool(config)
    await tool.setup()
    tool.add_tasks({Sender(tool.tx_queue, config),
                    Receiver(tool.rx_queue, config)})
    run = asyncio.ensure_future(tool.run())
    read = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait({run, asyncio.ensure_future(read)},
                       return_when=asyncio.FIRST_COMPLETED)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    asyncio.new_event_loop().run_until_complete(main(*sys.argv[1:6]))
    # Without waiting for PyTAK's workers.
    os._exit(0)
