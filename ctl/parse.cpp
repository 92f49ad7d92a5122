#include "ctl/parse.hpp"

#include "base/nearest.hpp"
#include "ctl/duration.hpp"
#include "ctl/scaling.hpp"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

namespace superctl {

namespace {

using Parsed = std::expected<Invocation, Failure>;

// The table's flags as CLI11 knows them, and what it found.
class FlagSet {
public:
    FlagSet(CLI::App& app, std::span<const Flag> flags) {
        for (const auto& flag : flags) {
            std::string names{flag.name};
            if (!flag.letter.empty()) names = std::string{flag.letter} + "," + names;
            auto* const option =
                flag.value == Value::none ? app.add_flag(names) : app.add_option(names);
            if (flag.value != Value::none) option->expected(1)->take_last();
            options_.emplace_back(&flag, option);
        }
    }

    void collect(Invocation& into) const {
        for (const auto& [flag, option] : options_) {
            if (option->count() == 0) continue;
            std::string value;
            if (flag->value != Value::none) value = option->as<std::string>();
            into.flags.emplace_back(flag->name, std::move(value));
        }
    }

private:
    std::vector<std::pair<const Flag*, CLI::Option*>> options_;
};

std::string suggestion(std::string_view wrong, const std::vector<std::string_view>& known,
                       std::string otherwise) {
    const auto near = superd::nearest(wrong, known);
    return near ? "did you mean " + std::string{*near} + "?" : std::move(otherwise);
}

Failure unknown_flag(std::string_view flag, const Command* command) {
    std::vector<std::string_view> known;
    for (const auto& one : global_flags()) known.push_back(one.name);
    if (command != nullptr) {
        for (const auto& one : command->flags) known.push_back(one.name);
    }
    const std::string verb = command == nullptr ? "" : " " + std::string{command->name};
    const auto name = flag.substr(0, flag.find('='));
    return {ExitCode::usage, "cannot use " + std::string{name} + ": there is no such flag",
            suggestion(name, known, "`superctl" + verb + " --help` shows what there is")};
}

Failure unknown_verb(const std::string& verb) {
    std::vector<std::string_view> known;
    for (const auto& one : commands()) known.push_back(one.name);
    return {ExitCode::usage, "cannot do \"" + verb + "\": there is no such verb",
            suggestion(verb, known, "`superctl --help` shows all verbs")};
}

Failure bad_value(const Flag& flag, const std::string& value, std::string hint) {
    return {ExitCode::usage, "cannot use " + std::string{flag.name} + " " + value, std::move(hint)};
}

std::optional<Failure> check_value(const Flag& flag, const std::string& value) {
    switch (flag.value) {
        case Value::none:
        case Value::text: return {};
        case Value::path:
            if (!value.empty()) return {};
            return bad_value(flag, "\"\"", "give a path");
        case Value::count: {
            std::uint32_t number = 0;
            const auto* const end = value.data() + value.size();
            const auto result = std::from_chars(value.data(), end, number);
            if (result.ec == std::errc{} && result.ptr == end) return {};
            return bad_value(flag, value, "give a whole number");
        }
        case Value::duration:
            if (parse_duration(value)) return {};
            return bad_value(flag, value, "give a time like 20s, 1m30s or 500ms");
        case Value::since:
            if (since_parameter(value)) return {};
            return bad_value(
                flag, value,
                "give a time before now like 10m, or a moment like yesterday, 21:49 or "
                "\"2026-11-23 21:49:35\"");
        case Value::choice: {
            const auto words = "|" + std::string{flag.placeholder} + "|";
            if (!value.empty() && words.find("|" + value + "|") != words.npos) return {};
            return bad_value(flag, value, "use one of " + std::string{flag.placeholder});
        }
    }
    return {};
}

std::optional<Failure> check_values(const Invocation& invocation) {
    const auto check = [&](std::span<const Flag> flags) -> std::optional<Failure> {
        for (const auto& flag : flags) {
            if (flag.value == Value::none || !invocation.has(flag.name)) continue;
            auto failure = check_value(flag, std::string{invocation.value(flag.name)});
            if (failure) return failure;
        }
        return {};
    };
    auto failure = check(global_flags());
    if (!failure && invocation.command != nullptr) failure = check(invocation.command->flags);
    return failure;
}

Failure missing(const Command& command, std::string_view what) {
    const auto verb = std::string{command.name};
    std::string usage = "usage: superctl " + verb;
    if (!command.usage.empty()) usage += " " + std::string{command.usage};
    return {ExitCode::usage, "cannot do \"" + verb + "\": " + std::string{what}, std::move(usage)};
}

std::optional<Failure> check_scalings(const Invocation& invocation) {
    const auto& command = *invocation.command;
    if (invocation.arguments.empty()) return missing(command, "no unit is named");
    for (const auto& word : invocation.arguments) {
        if (invocation.has("--reset") && !word.contains('=')) continue;
        if (invocation.has("--reset")) {
            return missing(command, "a number and --reset are both given: " + word);
        }
        const auto scaling = parse_scaling(word);
        if (!scaling) return missing(command, "no number of instances is given for " + word);
        if (is_amount(scaling->amount)) continue;
        return missing(command, "\"" + scaling->amount + "\" is no number of instances");
    }
    return {};
}

std::optional<Failure> check_arguments(const Invocation& invocation) {
    const auto& command = *invocation.command;
    const auto count = invocation.arguments.size();
    const bool takes_all =
        std::ranges::find(command.flags, "--all", &Flag::name) != command.flags.end();
    const bool all = takes_all && invocation.has("--all");
    switch (command.arguments) {
        case Arguments::none:
            if (count == 0) return {};
            return missing(command,
                           "it takes no names, but \"" + invocation.arguments[0] + "\" is given");
        case Arguments::some_units: return {};
        case Arguments::units:
            if (all && count > 0) return missing(command, "names and --all are both given");
            if (all || count > 0) return {};
            return missing(command, takes_all ? "no unit is named; --all means every unit"
                                              : "no unit is named");
        case Arguments::signal_and_units:
            if (count == 0) return missing(command, "no signal is named");
            if (all && count > 1) return missing(command, "names and --all are both given");
            if (all || count > 1) return {};
            return missing(command, "no unit is named; --all means every unit");
        case Arguments::scalings: return check_scalings(invocation);
        case Arguments::format_and_files:
            if (count == 0) return missing(command, "no format is named");
            if (count == 1) return missing(command, "no file is named");
            return {};
        case Arguments::verb:
            if (count > 1) return missing(command, "more than one verb is given");
            if (count == 1 && find_command(invocation.arguments[0]) == nullptr) {
                return unknown_verb(invocation.arguments[0]);
            }
            return {};
    }
    return {};
}

// CLI11 takes the words in reverse order.
std::vector<std::string> reversed(std::vector<std::string> words) {
    std::ranges::reverse(words);
    return words;
}

// Parses `words` with `flags`; what stands alone goes to the arguments.
std::optional<Failure> parse_words(std::vector<std::string> words, const Command* command,
                                   Invocation& into) {
    CLI::App app;
    app.set_help_flag();
    const FlagSet globals{app, global_flags()};
    if (command == nullptr) app.prefix_command();  // Up to the verb.
    const FlagSet own{app, command == nullptr ? std::span<const Flag>{} : command->flags};
    std::vector<std::string> arguments;
    if (command != nullptr) app.add_option("arguments", arguments);
    try {
        app.parse(reversed(std::move(words)));
    } catch (const CLI::ExtrasError&) {
        const auto extras = app.remaining();
        return extras.empty() ? Failure{ExitCode::usage, "cannot understand the arguments", ""}
                              : unknown_flag(extras.front(), command);
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string what = error.what();
        return Failure{ExitCode::usage, "cannot use " + what.substr(0, what.find(':')),
                       "it needs a value, and stands alone"};
    } catch (const CLI::ParseError& error) {
        const std::string verb = command == nullptr ? "" : " " + std::string{command->name};
        return Failure{ExitCode::usage,
                       std::string{"cannot understand the arguments: "} + error.what(),
                       "`superctl" + verb + " --help` shows how it is used"};
    }
    globals.collect(into);
    own.collect(into);
    into.arguments = command == nullptr ? app.remaining() : std::move(arguments);
    return {};
}

}  // namespace

Parsed parse(const std::vector<std::string>& words) {
    Invocation invocation;
    // Only the verb that is used is set up: superctl is run in loops.
    if (auto failure = parse_words(words, nullptr, invocation)) return std::unexpected{*failure};
    auto rest = std::exchange(invocation.arguments, {});
    if (!rest.empty()) {
        const auto verb = rest.front() == "--version" ? "version" : rest.front();
        if (verb.starts_with('-')) return std::unexpected{unknown_flag(verb, nullptr)};
        invocation.command = find_command(verb);
        if (invocation.command == nullptr) return std::unexpected{unknown_verb(verb)};
        rest.erase(rest.begin());
        if (invocation.command->arguments == Arguments::scalings) join_scalings(rest);
        auto failure = parse_words(std::move(rest), invocation.command, invocation);
        if (failure) return std::unexpected{*failure};
    }
    if (auto failure = check_values(invocation)) return std::unexpected{*failure};
    if (invocation.has("--help")) return invocation;
    if (invocation.has("--user") && !invocation.has("--bus")) {
        return std::unexpected{Failure{ExitCode::usage, "cannot use --user: it goes with --bus",
                                       "without --bus your own superd is found by itself"}};
    }
    if (invocation.command == nullptr) {
        return std::unexpected{Failure{ExitCode::usage, "cannot tell what to do: no verb is given",
                                       "`superctl --help` shows all verbs"}};
    }
    if (auto failure = check_arguments(invocation)) return std::unexpected{*failure};
    return invocation;
}

}  // namespace superctl
