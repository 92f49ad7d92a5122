#include "supervisor/template_message.hpp"

#include "wire/json_reader.hpp"
#include "wire/json_writer.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superd::supervisor {
namespace {

// A sentence for a log: its lines are the template's to choose, their length is not.
constexpr std::size_t failed_max = 1024;

}  // namespace

std::string serialize(const ForkRequest& request) {
    std::string text = "{\"run\":" + std::to_string(request.run) + ",\"environment\":{";
    for (const std::string_view each : request.environment) {
        const auto equals = std::min(each.find('='), each.size());
        if (!text.ends_with('{')) text += ',';
        wire::append_quoted(text, each.substr(0, equals));
        text += ':';
        wire::append_quoted(text, each.substr(std::min(equals + 1, each.size())));
    }
    text += "},\"descriptors\":";
    wire::JsonWriter{text}.value(request.descriptors);
    return text + "}";
}

std::optional<ForkAnswer> parse_fork_answer(std::string_view text) {
    if (text.size() > template_message_max) return std::nullopt;
    try {
        const auto value = wire::parse_object(text);
        const wire::JsonReader reader{value};
        ForkAnswer answer;
        bool ready = false;
        reader.read("ready", ready);
        reader.read("run", answer.run);
        reader.read("failed", answer.failed);
        reader.read("permanent", answer.permanent);
        if (answer.failed.size() > failed_max) answer.failed.resize(failed_max);
        const bool has_failed = reader.find("failed") != nullptr;
        if (has_failed && answer.failed.empty()) answer.failed = "it does not say why";
        if (ready == (answer.run != 0) || (ready && has_failed)) return std::nullopt;
        return answer;
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
}

}  // namespace superd::supervisor
