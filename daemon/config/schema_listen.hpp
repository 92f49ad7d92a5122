// What a listener in [listen] may say of itself, where it is more than an address.
#pragma once

#include "config/schema.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array listener_keys{
    Key{.path = "address",
        .form = Form::text,
        .text =
            "Where it listens: tcp://HOST:PORT, udp://HOST:PORT or unix:PATH. HOST is a literal "
            "address, IPv6 in brackets, localhost, or * for all addresses of both kinds",
        .fallback = "",
        .example = R"("tcp://0.0.0.0:8080")",
        .applies = Applies::restart,
        .required = true,
        .expands = true},
    Key{.path = "accept",
        .form = Form::choice,
        .text = "Who takes connections from where. reuseport: each instance has a socket of its "
                "own, and the kernel spreads connections evenly over those whose instance is "
                "ready. shared: all instances take them from one socket, whoever is first. "
                "Sockets of unix: are always shared",
        .fallback = R"("reuseport")",
        .example = R"("shared")",
        .applies = Applies::restart,
        .choices = "reuseport|shared"},
    Key{.path = "backlog",
        .form = Form::integer,
        .text = "How many connections may wait to be accepted; the kernel's own bound is "
                "net.core.somaxconn",
        .fallback = "4096",
        .example = "128",
        .applies = Applies::restart,
        .minimum = 1,
        .maximum = 1'000'000},
    Key{.path = "nodelay",
        .form = Form::boolean,
        .text = "Whether accepted tcp connections have TCP_NODELAY set from the beginning",
        .fallback = "true",
        .example = "false",
        .applies = Applies::restart},
    Key{.path = "deferred",
        .form = Form::boolean,
        .text = "Whether a tcp connection can be accepted only once its client has sent "
                "something, or after a second (TCP_DEFER_ACCEPT). Nobody is woken for less then, "
                "and a crash takes along only connections with a request. For protocols in which "
                "the client speaks first, as in HTTP",
        .fallback = "false",
        .example = "true",
        .applies = Applies::restart},
    Key{.path = "mode",
        .form = Form::mode,
        .text = "The permissions of a unix: socket: who may write to it may connect",
        .fallback = R"("0660")",
        .example = R"("0666")",
        .applies = Applies::restart},
    Key{.path = "user",
        .form = Form::account,
        .text = "Who owns a unix: socket. Without it, the unit's user",
        .fallback = "",
        .example = R"("shop")",
        .applies = Applies::restart},
    Key{.path = "group",
        .form = Form::account,
        .text = "The group of a unix: socket. Without it, the unit's group",
        .fallback = "",
        .example = R"("www-data")",
        .applies = Applies::restart},
};

inline constexpr std::array listen_keys{
    Key{.path = "autostart",
        .form = Form::start,
        .text = "Whether superd starts the unit when it meets it first, or, with [timer], when it "
                "is due; "
                "superctl enable and disable go before it. \"on-demand\": it opens its listeners, "
                "and starts the unit when the first connection comes, which "
                "waits meanwhile. Who needs the unit does not wait for it",
        .fallback = "true",
        .example = "false"},
    Key{.path = "idle-timeout",
        .form = Form::duration,
        .text =
            "With autostart = \"on-demand\": a unit that has no connection for so long is stopped, "
            "and started again by the next one; \"0s\": never",
        .fallback = R"("0s")",
        .example = R"("5min")",
        .maximum = 86'400,
        .instead = "write \"0s\" for never"},
    Key{.path = "listen",
        .form = Form::listeners,
        .text =
            "Sockets that superd opens, as its own user, and holds for the unit: NAME = ADDRESS, "
            "or NAME = { address = ADDRESS, ... }, see LISTENERS below",
        .fallback = "{}",
        .example = R"({ http = "tcp://0.0.0.0:8080", admin = "unix:/run/shop.sock" })",
        .applies = Applies::restart,
        .expands = true},
};

}  // namespace superd::config
