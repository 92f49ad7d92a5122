// Whatever bytes arrive on the notify socket, the parser neither crashes nor
// believes more than is there.
#include "supervisor/notify_message.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

using superd::supervisor::parse_notify;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto fields = parse_notify(text);
    if (!fields) {
        assert(!fields.error().empty());
        return 0;
    }
    assert(size <= superd::supervisor::notify_bytes_max);
    assert(!fields->ready || text.contains("READY=1"));
    assert(!fields->main_pidfd || text.contains("MAINPIDFD=1"));
    assert(!fields->fd_store || text.contains("FDSTORE=1"));
    assert(!fields->fd_store_remove || text.contains("FDSTOREREMOVE=1"));
    assert(fields->fd_poll || text.contains("FDPOLL=0"));
    assert(text.contains(fields->fd_name));
    assert(!fields->main_pid || *fields->main_pid > 0);
    assert(!fields->error || *fields->error >= 0);
    assert(!fields->status || text.contains(*fields->status));
    assert(!fields->extend_timeout || fields->extend_timeout->count() >= 0);
    assert(parse_notify(text) == fields);
    return 0;
}
