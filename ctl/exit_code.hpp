// What superctl's exit status means. One table, printed by help and man page.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace superctl {

enum class ExitCode : std::uint8_t {
    ok = 0,
    failed = 1,
    usage = 2,
    not_running = 3,   // As systemctl's status.
    no_such_unit = 4,  // As systemctl's status.
    unreachable = 5,
    not_permitted = 6,
    timeout = 7,
};

struct ExitMeaning {
    ExitCode code;
    std::string_view text;
};

inline constexpr std::array exit_meanings{
    ExitMeaning{ExitCode::ok, "all is as it was asked for"},
    ExitMeaning{ExitCode::failed, "it was refused, or it failed"},
    ExitMeaning{ExitCode::usage, "the command line cannot be understood"},
    ExitMeaning{ExitCode::not_running, "status NAME: a unit is neither ready nor completed"},
    ExitMeaning{ExitCode::no_such_unit, "there is no such unit"},
    ExitMeaning{ExitCode::unreachable, "superd cannot be reached"},
    ExitMeaning{ExitCode::not_permitted, "the user may not do this"},
    ExitMeaning{ExitCode::timeout, "the time given by --timeout has passed; the action goes on"},
};

// Why superctl ends with something else than `ok`: what is the matter, then what to do.
struct Failure {
    ExitCode code = ExitCode::failed;
    std::string message;  // "cannot …: cause", without a prefix or line end.
    std::string hint;     // May be empty.
};

}  // namespace superctl
