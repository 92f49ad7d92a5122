#include "logger/merge.hpp"

#include "logger/format.hpp"

#include <algorithm>
#include <functional>

namespace superd::logger {

Merge::Merge(std::vector<StoredLines> sources)
    : sources_{std::move(sources)}, lines_(sources_.size()) {
    for (std::size_t source = 0; source < sources_.size(); ++source) push(source, {});
}

void Merge::push(std::size_t source, std::string last_stamp) {
    lines_[source] = sources_[source].next();
    if (lines_[source].empty()) return;
    // A line that is not ours, or one of a clock set back, stays behind the one before it.
    if (const auto head = parse_head(lines_[source]); head && head->stamp > last_stamp)
        last_stamp = head->stamp;
    heap_.push_back({std::move(last_stamp), source});
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
}

std::string_view Merge::next() {
    if (taken_.source != SIZE_MAX) push(taken_.source, std::move(taken_.stamp));
    taken_ = {{}, SIZE_MAX};
    if (heap_.empty()) return {};
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    taken_ = std::move(heap_.back());
    heap_.pop_back();
    return lines_[taken_.source];
}

std::string as_json(std::string_view line) {
    StoredLine parsed;
    if (line.starts_with('{')) return std::string{line};
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (!parse_stored(line, parsed)) return "{\"message\":\"" + to_json(line) + "\"}\n";
    std::string json = "{\"time\":\"";
    json.append(parsed.stamp).append("\",\"service\":\"").append(to_json(parsed.unit));
    json.append("\",\"instance\":").append(std::to_string(parsed.index));
    json.append(",\"pid\":").append(std::to_string(parsed.pid));
    json.append(",\"stream\":\"").append(parsed.stream);
    json.append(parsed.partial ? "\",\"partial\":true,\"message\":\"" : "\",\"message\":\"");
    return json.append(to_json(parsed.message)).append("\"}\n");
}

}  // namespace superd::logger
