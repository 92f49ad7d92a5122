#include "supervisor/timer_store.hpp"

#include "os/file.hpp"

#include <charconv>
#include <optional>

namespace superd::supervisor {
namespace {

constexpr std::size_t file_max = 16u << 20;

// Takes what is before the next space, or all.
std::string_view take_word(std::string_view& line) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

template <class Number>
bool read_number(std::string_view word, Number& into) {
    const char* const last = word.data() + word.size();
    const auto [end, error] = std::from_chars(word.data(), last, into);
    return error == std::errc{} && end == last && into >= 0;
}

}  // namespace

std::map<TimerStore::Key, TimerStore::Entry> TimerStore::parse(std::string_view text) {
    std::map<Key, Entry> found;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string unit{take_word(line)};
        std::int64_t index = 0;
        Entry entry;
        const bool good = read_number(take_word(line), index) &&
                          read_number(take_word(line), entry.seen_ns) &&
                          read_number(take_word(line), entry.last_ns) && line.empty();
        if (good && !unit.empty()) found[{unit, static_cast<std::uint32_t>(index)}] = entry;
    }
    return found;
}

TimerStore TimerStore::open(std::string path) {
    TimerStore store;
    if (const auto text = os::read_file(path, file_max)) store.entries_ = parse(*text);
    store.path_ = std::move(path);
    return store;
}

void TimerStore::put(std::string_view unit, std::uint32_t index, Entry entry) {
    Entry& kept = entries_[{std::string{unit}, index}];
    if (kept == entry) return;
    kept = entry;
    dirty_ = true;
}

void TimerStore::forget(std::string_view unit, std::uint32_t index) {
    if (entries_.erase({std::string{unit}, index}) != 0) dirty_ = true;
}

Result<void> TimerStore::save() {
    if (!dirty_ || path_.empty()) return {};
    dirty_ = false;  // A disk that is full now is not asked again at each step.
    std::string text;
    for (const auto& [key, entry] : entries_) {
        text += key.first + " " + std::to_string(key.second) + " " + std::to_string(entry.seen_ns) +
                " " + std::to_string(entry.last_ns) + "\n";
    }
    return os::write_file(path_, text, 0600);
}

}  // namespace superd::supervisor
