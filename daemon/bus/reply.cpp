#include "bus/reply.hpp"

#include "bus/names.hpp"
#include "wire/json_reader.hpp"
#include "wire/outcome.hpp"
#include "wire/status.hpp"
#include "wire/utf8.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>

namespace superd::bus {

namespace {

using control::Response;

constexpr std::int32_t all_instances = -1;

std::string_view line(const Response& response) {
    std::string_view text = response.body;
    while (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

int append_outcomes(sd_bus_message* out, const Response& response) {
    int error = sd_bus_message_open_container(out, 'a', "(sisss)");
    for (const auto& one : wire::parse_outcomes(response.body).outcomes) {
        if (error < 0) break;
        const auto instance =
            one.instance ? static_cast<std::int32_t>(*one.instance) : all_instances;
        error = sd_bus_message_append(out, "(sisss)", one.unit.c_str(), instance,
                                      one.outcome.c_str(), one.state.c_str(), one.reason.c_str());
    }
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_enabled(sd_bus_message* out, const Response& response) {
    const auto value = wire::parse_object(response.body);
    int error = sd_bus_message_open_container(out, 'a', "(sb)");
    wire::for_each_object(
        wire::JsonReader{value}.array("units"), [&](const wire::JsonReader& unit) {
            std::string name;
            bool enabled = false;
            unit.required("name", name);
            unit.required("enabled", enabled);
            if (error >= 0) error = sd_bus_message_append(out, "(sb)", name.c_str(), int{enabled});
        });
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_rows(sd_bus_message* out, const Response& response) {
    int error = sd_bus_message_open_container(out, 'a', "(sssuuuudso)");
    for (const auto& row : wire::parse_summary(response.body).rows) {
        if (error < 0) break;
        const auto pid = static_cast<std::uint32_t>(row.pid.value_or(0));
        const double age = static_cast<double>(row.since_ms) / 1000;
        error = sd_bus_message_append(out, "(sssuuuudso)", row.name.c_str(), row.state.c_str(),
                                      row.goal.c_str(), row.ready, row.instances, pid, row.restarts,
                                      age, row.reason.c_str(), path_of_unit(row.name).c_str());
    }
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_parts(sd_bus_message* out, const Response& response) {
    const auto value = wire::parse_object(response.body);
    int error = sd_bus_message_open_container(out, 'a', "(sussb)");
    wire::for_each_object(
        wire::JsonReader{value}.array("parts"), [&](const wire::JsonReader& part) {
            std::string name, version, program;
            std::uint32_t pid = 0;
            bool outdated = false;
            part.required("part", name);
            part.read("pid", pid);
            part.read("version", version);
            part.read("program", program);
            part.read("outdated", outdated);
            if (error < 0) return;
            error = sd_bus_message_append(out, "(sussb)", name.c_str(), pid, version.c_str(),
                                          program.c_str(), int{outdated});
        });
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_lines(sd_bus_message* out, const Response& response) {
    int error = sd_bus_message_open_container(out, 'a', "s");
    std::string_view rest = response.body;
    while (!rest.empty() && error >= 0) {
        const std::string each{rest.substr(0, rest.find('\n'))};
        rest.remove_prefix(std::min(rest.size(), each.size() + 1));
        if (!each.empty()) error = sd_bus_message_append_basic(out, 's', each.c_str());
    }
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_body(sd_bus_message* out, Reply reply, const Response& response) {
    switch (reply) {
        case Reply::nothing:
        case Reply::done: return 0;
        case Reply::text:
            return sd_bus_message_append_basic(out, 's', std::string{line(response)}.c_str());
        case Reply::outcomes: return append_outcomes(out, response);
        case Reply::enabled: return append_enabled(out, response);
        case Reply::rows: return append_rows(out, response);
        case Reply::parts: return append_parts(out, response);
        case Reply::lines: return append_lines(out, response);
    }
    return 0;
}

// The error that the API's answer is for a method that gives nothing or something else back.
std::optional<control::Refusal> refusal_of(const Method& method, const Response& response) {
    const auto status = response.status;
    if (status == 200 || status == 202) return {};
    if (response.body.starts_with("{\"error\"")) {
        return control::Refusal{status, wire::parse_error(response.body), {}};
    }
    // The outcomes are the answer, also of what has failed; and a plan's errors are.
    if (method.reply == Reply::outcomes || method.reply == Reply::text) return {};
    control::Refusal refusal{status, {"failed", "cannot tell how it came out", ""}, {}};
    for (const auto& one : wire::parse_outcomes(response.body).outcomes) {
        if (one.outcome == "done") continue;
        refusal.error.message = one.unit + ": " + one.outcome + "; it is " + one.state;
        if (!one.reason.empty()) refusal.error.message += ": " + one.reason;
        break;
    }
    return refusal;
}

}  // namespace

void send_reply(sd_bus_message* call, const Method& method, const Response& response) {
    try {
        if (const auto refusal = refusal_of(method, response)) return send_refusal(call, *refusal);
        sd_bus_message* made = nullptr;
        int error = sd_bus_message_new_method_return(call, &made);
        const Message reply{made};
        if (error >= 0) error = append_body(made, method.reply, response);
        send_made(call, made, error);
    } catch (const std::exception& error) {
        send_error(call, "org.superd.Error.Internal",
                   "cannot tell the answer: " + std::string{error.what()});
    }
}

void send_made(sd_bus_message* call, sd_bus_message* made, int error) {
    if (error >= 0) error = sd_bus_message_send(made);
    if (error >= 0) return;
    send_error(call, "org.superd.Error.Internal", "cannot send the answer: it is too large");
}

void send_refusal(sd_bus_message* call, const control::Refusal& refusal) {
    std::string text = refusal.error.message;
    if (!refusal.error.hint.empty()) text += " (" + refusal.error.hint + ")";
    send_error(call, error_name(refusal.status, refusal.error.kind), text);
}

void send_error(sd_bus_message* call, const char* name, const std::string& text) {
    // What quotes a part of what a client sent may end within a character; sd-bus would send no
    // such text, and so no answer.
    const auto sent = wire::well_formed(text);
    const sd_bus_error error{name, sent.c_str(), 0};
    sd_bus_reply_method_error(call, &error);
}

}  // namespace superd::bus
