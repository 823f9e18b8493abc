"""A crowd of callers on aiohttp: `load.py URL HOST CONNECTIONS PAUSE`.

Each caller keeps one connection and pauses PAUSE milliseconds between its requests, until standard input closes.
Says at last, as JSON, how many requests in how many seconds, which failed and how, how many connections were opened,
and within how many milliseconds 99 of 100 were answered.
"""

import asyncio
import json
import sys
import time

import aiohttp

url, host, callers, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]) / 1000


class Seen:
    opened, failures, times = 0, [], []


async def opened(*_):
    Seen.opened += 1


async def caller(over):
    trace = aiohttp.TraceConfig()
    # aiohttp asks again by itself on a new connection when a kept one was closed: counting them tells.
    trace.on_connection_create_end.append(opened)
    options = {
        "connector": aiohttp.TCPConnector(limit=1, keepalive_timeout=600),
        "timeout": aiohttp.ClientTimeout(total=10),
        "headers": {"Host": host},
        "trace_configs": [trace],
        "trust_env": False,
    }
    async with aiohttp.ClientSession(**options) as session:
        while not over.is_set():
            began = time.monotonic()
            try:
                async with session.get(url, allow_redirects=False) as answer:
                    await answer.read()
                    if not 200 <= answer.status < 300:
                        Seen.failures.append(f"status {answer.status}")
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                Seen.failures.append(repr(error))
            Seen.times.append(time.monotonic() - began)
            if pause:
                await asyncio.sleep(pause)


async def main():
    over, began = asyncio.Event(), time.monotonic()
    crowd = [asyncio.create_task(caller(over)) for _ in range(callers)]
    print("{}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    over.set()
    await asyncio.gather(*crowd)
    times = sorted(Seen.times)
    print(json.dumps({
        "requests": len(times),
        "seconds": time.monotonic() - began,
        "failures": Seen.failures[:20],
        "connections": Seen.opened,
        "most": 1000 * times[len(times) * 99 // 100],
    }), flush=True)


asyncio.run(main())
