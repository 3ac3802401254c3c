"""Opens a Bellwire over the folder it is given, forks a child that lives until its standard input ends, and waits."""

import asyncio
import os
import sys

from bellwire import Bellwire


async def main() -> None:
    async with Bellwire.open(sys.argv[1]):
        if os.fork() == 0:
            sys.stdin.read()
            os._exit(0)
        sys.stdout.write("forked\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(main())
