"""libcurl as a caller: `curl.py SOURCE HOST RATE URL…`.

Asks the URLs once each when RATE is 0; else in turn, RATE times a second and on connections it keeps, until its
standard input closes. A request that fails ends it with exit code 1. Says at last, as JSON, of each answer its
status, how many connections were made for it, and its `X-Service`.
"""

import json
import sys
import threading
import time

import pycurl

source, host, rate, urls = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:]
curl, heard, answers = pycurl.Curl(), {}, []
curl.setopt(pycurl.INTERFACE, source)
curl.setopt(pycurl.HTTPHEADER, [f"Host: {host}"])
curl.setopt(pycurl.TIMEOUT, 10)
# Nothing from outside, such as a proxy.
curl.setopt(pycurl.PROXY, "")
curl.setopt(pycurl.WRITEFUNCTION, lambda _: None)


def header(line):
    name, _, value = line.decode("latin-1").partition(":")
    heard[name.strip().lower()] = value.strip()


curl.setopt(pycurl.HEADERFUNCTION, header)


def ask(url):
    heard.clear()
    curl.setopt(pycurl.URL, url)
    curl.perform()
    status, connections = curl.getinfo(pycurl.RESPONSE_CODE), curl.getinfo(pycurl.NUM_CONNECTS)
    answers.append((status, connections, heard.get("x-service", "")))


print("{}", flush=True)
over = threading.Event()
if rate:
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    began = time.monotonic()
    while not over.wait(max(0, began + len(answers) / rate - time.monotonic())):
        ask(urls[len(answers) % len(urls)])
else:
    for url in urls:
        ask(url)
print(json.dumps(answers), flush=True)
