// Whatever a template or a worker says, it is ready, made or failed, or makes no sense.
#include "supervisor/template_message.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

using superd::supervisor::parse_fork_answer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto answer = parse_fork_answer(text);
    if (!answer) return 0;
    assert(size <= superd::supervisor::template_message_max);
    assert(answer->run != 0 || answer->failed.empty());
    assert(parse_fork_answer(text) == answer);
    return 0;
}
