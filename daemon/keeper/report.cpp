#include "keeper/report.hpp"

#include <poll.h>
#include <string.h>
#include <unistd.h>

namespace superd::keeper {

void write_line(Line& line) {
    if (line.cut()) {
        Line shorter;
        shorter.add(before(line.view(), line.view().size() - 4)).add("…");
        line = shorter;
    }
    char bytes[sizeof(Line) + 1];
    const std::string_view text = line.view();
    std::memcpy(bytes, text.data(), text.size());
    bytes[text.size()] = '\n';
    pollfd room{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
    // A pipe that polls as writable takes a page whole.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, bytes, text.size() + 1);
}

const char* describe_error(int error) {
    const char* const text = ::strerrordesc_np(error);
    return text != nullptr ? text : "unknown error";
}

Text<24> describe_signal(int number) {
    Text<24> name;
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr) {
        name.add("SIG").add(std::string_view{known});
    } else {
        name.add("signal ").add(number);
    }
    return name;
}

Text<24> describe_duration(std::int64_t nanoseconds) {
    const std::int64_t tenths = nanoseconds / 100'000'000;
    Text<24> text;
    text.add(tenths / 10).add(".").add(tenths % 10).add(" s");
    return text;
}

}  // namespace superd::keeper
