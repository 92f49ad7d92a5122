"""Services that take a new configuration over, refuse it, or cannot; the answer to any line is the greeting."""
import asyncio


class Greeter:
    def __init__(self, ctx):
        self.greeting = ctx.config["greeting"]

    def reload(self, config):
        if config["greeting"] == "no":
            return False
        self.greeting = config["greeting"]

    def serve(self, conn, ctx):
        with conn.makefile("rb") as lines:
            for _ in iter(lines.readline, b""):
                conn.sendall(f"{self.greeting} {ctx.config['greeting']}\n".encode())


class Takes(Greeter):
    def handler(self, conn, addr, ctx):
        self.serve(conn, ctx)


class TakesInLoop(Greeter):
    async def reload(self, config):
        await asyncio.sleep(0)
        return super().reload(config)

    async def handler(self, reader, writer, ctx):
        while await reader.readline():
            writer.write(f"{self.greeting} {ctx.config['greeting']}\n".encode())
            await writer.drain()


class TakesAsMain(Greeter):
    def main(self, ctx):
        ctx.ready()
        while found := ctx.accept():
            with found[0] as conn:
                self.serve(conn, ctx)
