// Units with one key of the table more than they must have: that one, and what it asks for.
#pragma once

#include "config/schema.hpp"
#include "config/schema_hosted.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace superd::config {

inline bool is_groups(const Key& key) {
    return key.path == "members" || key.path == "strategy" || key.path == "intensity" ||
           key.path == "significant";
}

// What is written before a key of a hosted unit.
inline std::string module_before(const Key& key) {
    if (key.path == "module") return "";
    const bool python = key.path == "language" || key.path == "loop" || key.path == "python";
    std::string text = python ? "module = \"app:main\"\n" : "module = \"/lib/shop.so\"\n";
    if (python && key.path != "language") text += "language = \"python\"\n";
    if (key.path == "workers") text += "listen = { http = \"tcp://*:80\" }\n";
    return text;
}

inline std::string timer_before(const Key& key) {
    std::string text = "exec = [\"/bin/true\"]\ntype = \"oneshot\"\n";
    if (key.path == "timer.zone") return text + "timer.at = \"daily 03:00\"\n";
    const bool says_when = key.path == "timer.every" || key.path == "timer.at";
    return says_when ? text : text + "timer.every = \"1h\"\n";
}

// What is written before the key, so that the key makes it a good unit.
inline std::string unit_before(const Key& key) {
    const bool of_module =
        std::ranges::find(hosted_keys, key.path, &Key::path) != hosted_keys.end();
    if (of_module) return module_before(key);
    if (key.section() == "timer") return timer_before(key);
    if (is_groups(key)) {
        return std::string{"type = \"group\"\n"} +
               (key.path == "members" ? "" : "members = [\"db\"]\n");
    }
    std::string text = key.path == "exec" ? "" : "exec = [\"/bin/true\"]\n";
    if (key.path != "env") text += "env.PORT = \"8080\"\n";
    if (key.path == "idle-timeout") {
        text += "autostart = \"on-demand\"\nlisten = { http = \"tcp://*:80\" }\n";
    }
    if (key.path == "ready.timeout" || key.path == "ready.every") text += "ready.unix = \"/x\"\n";
    if (key.path == "restart.on-limit") text += "restart.limit = \"1 in 1s\"\n";
    if (key.path == "watchdog.signal") text += "watchdog.every = \"10s\"\n";
    if (key.section() == "check") {
        text += "[[check]]\n";
        const bool asks = key.path == "check.http" || key.path == "check.tcp" ||
                          key.path == "check.unix" || key.path == "check.exec";
        if (key.path != "check.name") text += "name = \"x\"\n";
        if (!asks) text += "unix = \"/x\"\n";
    }
    if (key.section() == "hooks" && key.form != Form::argv) {
        for (const auto* hook : {"pre-start", "post-start", "pre-stop", "post-stop", "on-crash"}) {
            text += std::string{"hooks."} + hook + " = [\"/x\"]\n";
        }
    }
    return text;
}

// As unit_with() writes the key.
inline std::string written(const Key& key) {
    return std::string{key.section() == "check" ? key.name() : key.path};
}

inline std::string unit_with(const Key& key, std::string_view value) {
    return unit_before(key) + written(key) + " = " + std::string{value} + "\n";
}

}  // namespace superd::config
