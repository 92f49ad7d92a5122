// [limits] of a unit in the making: what superd takes for each of its keys, from whichever format
// it comes.
#pragma once

#include "ctl/import/draft.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superctl::importing {

enum class LimitForm {
    bytes,
    number,
    share,  // Of one processor, in thousandths of a percent.
};

struct LimitKey {
    std::string_view path;
    LimitForm form{};
    std::int64_t minimum = 0, maximum = 0;
    std::string_view resource = {};  // setrlimit(2)'s, without RLIMIT_; may be unlimited.
};

inline constexpr std::int64_t limit_bytes_max = 1'000'000'000'000'000, limit_count_max = 4'194'304;

// As superd itself reads them; limits_test.cpp holds this against superd's own table.
inline constexpr std::array limit_keys{
    LimitKey{"limits.memory-max", LimitForm::bytes, 1 << 20, limit_bytes_max},
    LimitKey{"limits.memory-high", LimitForm::bytes, 1 << 20, limit_bytes_max},
    LimitKey{"limits.swap-max", LimitForm::bytes, 0, limit_bytes_max},
    LimitKey{"limits.cpu", LimitForm::share, 1'000, 819'200'000},
    LimitKey{"limits.cpu-weight", LimitForm::number, 1, 10'000},
    LimitKey{"limits.pids", LimitForm::number, 1, limit_count_max},
    LimitKey{"limits.io-weight", LimitForm::number, 1, 10'000},
    LimitKey{"limits.oom-score-adjust", LimitForm::number, -1000, 1000},
    LimitKey{"limits.open-files", LimitForm::number, 3, limit_count_max * 256, "NOFILE"},
    LimitKey{"limits.processes", LimitForm::number, 1, limit_count_max, "NPROC"},
    LimitKey{"limits.core", LimitForm::bytes, 0, limit_bytes_max, "CORE"},
    LimitKey{"limits.memlock", LimitForm::bytes, 0, limit_bytes_max, "MEMLOCK"},
    LimitKey{"limits.stack", LimitForm::bytes, 65'536, limit_bytes_max, "STACK"},
    LimitKey{"limits.data", LimitForm::bytes, 1 << 20, limit_bytes_max, "DATA"},
    LimitKey{"limits.address-space", LimitForm::bytes, 1 << 20, limit_bytes_max, "AS"},
    LimitKey{"limits.file-size", LimitForm::bytes, 0, limit_bytes_max, "FSIZE"}};

// One of limit_keys, which has to have it.
const LimitKey& limit_key(std::string_view path);

// Sets it, or says why superd would not take it: "superd takes 1 to 10000".
std::optional<std::string> set_limit(Draft& draft, const LimitKey& key, std::int64_t value);
void set_unlimited(Draft& draft, const LimitKey& key);

// "1.5" of something that is `scale` of what is counted, to the nearest whole; what is more than
// nothing is never 0. Nothing for what is no such number, or is negative or too large to count.
std::optional<std::int64_t> parse_scaled(std::string_view number, double scale);

}  // namespace superctl::importing
