"""An asyncio server as anybody writes it; ends by itself at SIGTERM. Usage: PORT"""
import asyncio
import signal
import sys


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    body = f"{len(asyncio.all_tasks())} tasks\n".encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
    try:
        await server.serve_forever()
    except asyncio.CancelledError:
        print("no more")


asyncio.run(main())
