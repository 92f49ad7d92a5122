// The methods of superd's interfaces, in one table. packaging/dbus documents them.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace superd::bus {

// How an argument becomes a part of the control API's request.
struct Arg {
    enum class Form {
        none,
        units,    // as: names, under `key`; nothing for an empty list.
        word,     // s, under `key`.
        counts,   // a{ss}: a text for each unit, under `key`.
        count,    // s: such a text, for the unit whose method it is.
        options,  // a{sv}: each under its own key.
    };
    Form form = Form::none;
    std::string_view key;
};

// What of the control API's answer is given back.
enum class Reply {
    nothing,
    done,      // Nothing, for one unit that came out well; else an error.
    text,      // s: the JSON itself.
    outcomes,  // a(sisss): unit, instance or -1 for all, outcome, state, reason.
    enabled,   // a(sb)
    rows,      // a(sssuuuudso)
    parts,     // a(sussb)
    lines,     // as: one JSON object each.
};

struct Method {
    std::string_view interface, member, in, out;
    // The request of the control API that does it; no path: superd's own, in face.cpp.
    std::string_view verb, path;
    bool in_query = false;  // The arguments go there, and not into the body.
    std::array<Arg, 3> args{};
    Reply reply = Reply::nothing;
};

std::span<const Method> methods();

// Null if there is none.
const Method* find_method(std::string_view interface, std::string_view member);

}  // namespace superd::bus
