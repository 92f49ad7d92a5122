// Sockets that systemd opens for a service.
#include "ctl/import/systemd.hpp"
#include "ctl/import/systemd_address.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

struct Listening {
    const Assignment* where;
    std::string address;
};

class Socket {
public:
    Socket(const SystemdUnit& unit, Draft& draft) : unit_{unit}, draft_{draft} {}

    void translate() {
        collect("ListenStream", false);
        collect("ListenDatagram", true);
        for (const auto* const key : {"ListenSequentialPacket", "ListenFIFO", "ListenSpecial",
                                      "ListenNetlink", "ListenMessageQueue", "ListenUSBFunction"}) {
            for (const auto* const each : unit_.all("Socket", key)) {
                note(*each, Weight::lost, "superd listens at tcp, udp and stream sockets of unix");
            }
        }
        accept();
        if (!listening_.empty()) add_all();
        for (const auto* const key : {"Service", "RemoveOnStop", "PassCredentials"}) {
            unit_.last("Socket", key);
        }
    }

private:
    void note(const Assignment& assignment, Weight weight, const std::string& text) {
        draft_.note(assignment.place, weight, quoted_assignment(assignment) + ": " + text,
                    "listen");
    }

    void collect(std::string_view key, bool datagrams) {
        for (const auto* const each : unit_.all("Socket", key)) {
            std::string problem;
            const auto value =
                replace_specifiers(each->value, parse_systemd_name(unit_.name()), problem);
            const auto address = problem.empty() ? listen_address(value, datagrams) : "";
            if (address.empty()) {
                note(*each, Weight::lost,
                     "superd listens at a port, an address with a port, or a stream socket by its "
                     "path");
                continue;
            }
            const auto same = std::ranges::find_if(listening_, [&](const Listening& known) {
                return listen_at_the_same(known.address, address);
            });
            if (same != listening_.end()) {
                note(*each, Weight::lost, "it listens there already, at " + same->address);
                continue;
            }
            listening_.push_back({each, address});
        }
    }

    void accept() {
        const auto* const found = unit_.last("Socket", "Accept");
        if (found == nullptr || !parse_truth(found->value).value_or(false)) return;
        note(*found, Weight::lost,
             "superd starts no process for each connection; the service is given the listener");
    }

    // Without the suffix, as LISTEN_FDNAMES would have it without FileDescriptorName=.
    std::string base_name() {
        const auto* const given = unit_.last("Socket", "FileDescriptorName");
        std::string text = given != nullptr ? given->value : parse_systemd_name(unit_.name()).stem;
        constexpr std::size_t length_max = 28;
        std::string name;
        for (const char c : text.substr(0, length_max)) {
            const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_';
            name += fits ? c : '-';
        }
        while (name.starts_with('-')) name.erase(0, 1);
        return name.empty() ? "socket" : name;
    }

    std::string mode() {
        constexpr const char* open_to_all = "0666";  // systemd's own.
        const auto* const found = unit_.last("Socket", "SocketMode");
        if (found == nullptr) return open_to_all;
        const auto known = octal_mode(found->value);
        if (!known) note(*found, Weight::lost, "expected octal digits up to 0777");
        return known.value_or(open_to_all);
    }

    // What superd knows of these, and how it calls it.
    std::vector<std::pair<std::string, std::string>> options(bool unix_socket, bool datagrams) {
        std::vector<std::pair<std::string, std::string>> all;
        const auto* const user = unit_.last("Socket", "SocketUser");
        const auto* const group = unit_.last("Socket", "SocketGroup");
        const auto* const backlog = unit_.last("Socket", "Backlog");
        const auto* const delay = unit_.last("Socket", "NoDelay");
        const auto* const reuse = unit_.last("Socket", "ReusePort");
        if (unix_socket) {
            all.emplace_back("mode", toml_string(mode()));
            if (user != nullptr) all.emplace_back("user", toml_string(user->value));
            if (group != nullptr) all.emplace_back("group", toml_string(group->value));
        } else if (reuse == nullptr || !parse_truth(reuse->value).value_or(false)) {
            all.emplace_back("accept", toml_string("shared"));
        }
        if (backlog != nullptr && !datagrams) {
            const auto number = parse_number(backlog->value);
            if (number && *number > 0) {
                all.emplace_back("backlog",
                                 std::to_string(std::min<std::int64_t>(*number, 1'000'000)));
            }
        }
        if (delay != nullptr && !unix_socket && !datagrams) {
            all.emplace_back("nodelay",
                             parse_truth(delay->value).value_or(false) ? "true" : "false");
        }
        return all;
    }

    // Descriptors are given in order of name, and that is to be the order here.
    static std::string numbered(const std::string& base, unsigned number) {
        return base + (number < 10 ? "-0" : "-") + std::to_string(number);
    }

    void add_all() {
        const auto base = base_name();
        unsigned number = 0;
        for (const auto& each : listening_) {
            std::string name = listening_.size() > 1 ? numbered(base, ++number) : base;
            // Other sockets of the service may have the same FileDescriptorName=.
            while (draft_.has("listen." + name)) name = numbered(base, ++number);
            const bool unix_socket = each.address.starts_with("unix:");
            std::string value = "{ address = " + toml_literal(each.address);
            for (const auto& [key, toml] : options(unix_socket, each.address.starts_with("udp:"))) {
                value += ", " + key + " = " + toml;
            }
            draft_.set("listen." + name, value + " }");
        }
        if (draft_.is("type", toml_string("oneshot"))) {
            draft_.set("type", toml_string("service"));
            draft_.note({unit_.file(), 0}, Weight::lost,
                        "what a connection starts is a service, not a oneshot", "listen");
        }
        // One that is wanted at boot by itself is started then, and finds its listeners open.
        if (draft_.is("autostart", "false")) draft_.set("autostart", toml_string("on-demand"));
    }

    const SystemdUnit& unit_;
    Draft& draft_;
    std::vector<Listening> listening_;
};

}  // namespace

void translate_systemd_socket(const SystemdUnit& socket, Draft& draft) {
    Socket{socket, draft}.translate();
}

}  // namespace superctl::importing
