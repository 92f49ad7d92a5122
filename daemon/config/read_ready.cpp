#include "config/read_probe.hpp"
#include "config/read_unit.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

struct Kind {
    std::string_view path;
    ReadyKind kind;
};
constexpr std::array kinds{
    Kind{"ready.notify", ReadyKind::notify}, Kind{"ready.fd", ReadyKind::fd},
    Kind{"ready.tcp", ReadyKind::tcp},       Kind{"ready.unix", ReadyKind::unix_socket},
    Kind{"ready.http", ReadyKind::http},     Kind{"ready.exec", ReadyKind::exec},
    Kind{"ready.log", ReadyKind::log},       Kind{"ready.delay", ReadyKind::delay}};

// Reports all but one kind. Returns the first; none if there is none at all.
const Kind* chosen_kind(const Fields& fields, const core::UnitSpec& spec) {
    const Kind* chosen = nullptr;
    std::vector<const Kind*> given;
    for (const auto& kind : kinds) {
        if (fields.given(kind.path)) given.push_back(&kind);
    }
    std::ranges::sort(given, {}, [&](const Kind* kind) {
        const auto at = fields.position(kind->path);
        return std::pair{at.line, at.column};
    });
    for (const auto* kind : given) {
        if (chosen == nullptr) {
            chosen = kind;
        } else {
            fields.report().add(
                fields.position(kind->path),
                fmt::format("cannot use {}: {} is there already; a unit is ready in "
                            "one way only",
                            kind->path, chosen->path));
        }
    }
    for (const auto path : {"ready.timeout", "ready.every"}) {
        if (chosen != nullptr || !fields.given(path)) continue;
        fields.report().add(fields.position(path),
                            fmt::format("cannot use {}: nothing says when the unit is ready; add "
                                        "one of notify, fd, tcp, unix, http, exec, log or delay",
                                        path));
    }
    if (chosen != nullptr && spec.type == core::UnitType::oneshot) {
        fields.report().add(
            fields.position(chosen->path),
            fmt::format("cannot use {}: a oneshot is never ready, it completes", chosen->path));
    }
    return chosen;
}

void check_times(const Fields& fields, const Kind& kind, const Ready& ready,
                 const core::UnitSpec& spec) {
    const bool probed = kind.kind == ReadyKind::tcp || kind.kind == ReadyKind::unix_socket ||
                        kind.kind == ReadyKind::http || kind.kind == ReadyKind::exec;
    if (const auto* every = fields.value("ready.every"); every != nullptr && !probed) {
        fields.refuse("ready.every", *every,
                      fmt::format("{} is not asked again and again; only tcp, unix, http and exec "
                                  "are",
                                  kind.path));
    }
    if (kind.kind == ReadyKind::delay && ready.delay >= spec.ready_timeout) {
        fields.refuse(kind.path, *fields.value(kind.path),
                      fmt::format("it is not shorter than ready.timeout (\"{}\"); set that too",
                                  to_text(spec.ready_timeout)));
    }
}

}  // namespace

std::unique_ptr<Ready> read_ready(const Fields& fields, Environment& environment,
                                  Programs& programs, core::UnitSpec& spec) {
    fields.read("ready.timeout", spec.ready_timeout);
    const auto* kind = chosen_kind(fields, spec);
    if (kind == nullptr) return {};
    auto ready = std::make_unique<Ready>();
    ready->kind = kind->kind;
    spec.awaits_ready = true;
    fields.read("ready.every", ready->every);
    const auto* value = fields.value(kind->path);
    if (value == nullptr) return ready;
    switch (kind->kind) {
        case ReadyKind::none: break;
        case ReadyKind::notify:
            ready->notify_from_tree = value->as<std::string>() != nullptr;
            break;
        case ReadyKind::fd: fields.read(kind->path, ready->fd); break;
        case ReadyKind::delay: fields.read(kind->path, ready->delay); break;
        case ReadyKind::exec:
            ready->argv = read_argv(fields, kind->path, environment, programs);
            break;
        case ReadyKind::tcp:
        case ReadyKind::unix_socket:
        case ReadyKind::http:
        case ReadyKind::log: {
            auto text = environment.expand(*value->as<std::string>());
            const auto cause =
                text ? parse_probes(kind->kind, std::move(*text), spec.instances, *ready)
                     : std::optional{text.error()};
            if (cause) fields.refuse(kind->path, *value, *cause);
            break;
        }
    }
    check_times(fields, *kind, *ready, spec);
    return ready;
}

}  // namespace superd::config
