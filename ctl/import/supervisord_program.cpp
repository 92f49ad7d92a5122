// What a program of supervisord runs, and in which surroundings.
#include "ctl/import/supervisord_program.hpp"

#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"
#include "ctl/import/words.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

bool SupervisordProgram::translate() {
    processes();
    if (!command()) return false;
    account();
    directory();
    umask();
    order();
    environment();
    restart();
    stop();
    logs();
    left_over();
    draft_.note({file_.path, section_.line}, Weight::remark,
                "it is given no variables of superd's own environment but those in pass-env");
    return true;
}

const IniSection::Entry* SupervisordProgram::find(std::string_view key) {
    asked_.insert(std::string{key});
    return section_.find(key);
}

void SupervisordProgram::note(const Entry& entry, Weight weight, const std::string& text,
                              std::string_view section) {
    constexpr std::size_t length_max = 60;
    const auto value = entry.value.substr(0, length_max);
    const auto& path = &entry == around_.environment ? around_.file : file_.path;
    draft_.note({path, entry.line}, weight, entry.key + "=" + value + ": " + text, section);
}

std::string SupervisordProgram::expanded(std::string_view text, const Entry& entry) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.substr(i + 1).starts_with('%')) {
            out += text[++i];
            continue;
        }
        const auto end = text.find(')', i);
        if (!text.substr(i + 1).starts_with('(') || end == text.npos) {
            out += text[i];
            continue;
        }
        const auto form = text.find_first_not_of("0123456789", end + 1);
        const auto last = form == text.npos ? end : form;
        out += expansion(text.substr(i + 2, end - i - 2), text.substr(end + 1, last - end), entry);
        i = last;
    }
    return out;
}

// Of "%(process_num)02d": what it becomes.
std::string SupervisordProgram::expansion(std::string_view name, std::string_view form,
                                          const Entry& entry) {
    if (name == "program_name") {
        return std::string{trimmed(section_.name.substr(section_.name.find(':') + 1))};
    }
    if (name == "group_name") return around_.group;
    if (name == "here") return file_.directory;
    if (name == "numprocs") {
        const auto* const count = find("numprocs");
        return count == nullptr ? "1" : count->value;
    }
    if (name == "process_num") {
        if (form != "d" && form != "s") {
            note(entry, Weight::lost, "the number of an instance has no leading zeros");
        }
        return references_.mark("${INSTANCE}");
    }
    constexpr std::string_view variable = "ENV_";
    if (name.starts_with(variable) && is_variable(name.substr(variable.size()))) {
        const auto plain = std::string{name.substr(variable.size())};
        draft_.append("pass-env", toml_string(plain));
        return references_.mark("${" + plain + ":-}");
    }
    note(entry, Weight::lost, "%(" + std::string{name} + ") is not known to superd");
    return "%(" + std::string{name} + ")" + std::string{form};
}

void SupervisordProgram::processes() {
    find("process_name");
    const auto* const found = find("numprocs");
    const auto count = found != nullptr ? parse_number(found->value) : 1;
    if (!count || *count < 1 || *count > 1024) {
        note(*found, Weight::lost, "expected a number from 1 to 1024");
    } else if (*count > 1) {
        draft_.set("instances", std::to_string(*count));
    }
    const auto* const first = find("numprocs_start");
    if (first != nullptr && first->value != "0") {
        note(*first, Weight::lost, "instances are counted from 0");
    }
}

bool SupervisordProgram::command() {
    const auto* const found = find("command");
    if (found == nullptr || found->value.empty()) return false;
    std::vector<std::string> words;
    const auto text = expanded(found->value, *found);
    if (!split_shell_words(text, words)) {
        note(*found, Weight::lost, "a quote without its end");
    }
    if (words.empty() || words.front().empty()) return false;
    for (auto& word : words) {
        const bool may_split = references_.may_split(word, text) && &word != &words.front();
        word = references_.resolved(word);
        if (!may_split || word == "${INSTANCE}") continue;
        note(*found, Weight::remark, word + " is one word, whatever blanks its value has");
    }
    program_path(words.front(), *found);
    // superd looks a name up in PATH once, before it knows of instances.
    if (words.front().contains("${INSTANCE}") && !words.front().contains('/')) {
        words.insert(words.begin(), "/usr/bin/env");
    }
    for (auto& word : words) word = toml_string(word);
    draft_.set_all("exec", std::move(words));
    return true;
}

void SupervisordProgram::program_path(std::string& path, const Entry& from) {
    if (path.starts_with("${")) {
        note(from, Weight::remark, "the program's path is in a variable, and has to be absolute");
    } else if (path.starts_with('$')) {
        note(from, Weight::remark,
             "no shell reads it, with supervisord neither: " + path.substr(0, path.find('/')) +
                 " is a name and no variable; write the path itself");
    }
    if (!is_relative_path(path)) return;
    const auto* const directory = find("directory");
    auto base = directory != nullptr ? resolved(*directory) : file_.directory;
    // One that is none, which is told of elsewhere, is not where superd runs it.
    if (!base.starts_with('/') && !base.starts_with("${")) base = file_.directory;
    note(from, Weight::remark, "its path is taken from " + base);
    while (path.starts_with("./")) path.erase(0, 2);
    path.insert(0, base + "/");
}

void SupervisordProgram::account() {
    const auto* const found = find("user");
    if (found == nullptr) return;
    if (found->value.contains("%(")) {
        return note(*found, Weight::lost, "superd takes no variables there; name the user");
    }
    const auto number = parse_number(found->value);
    draft_.set("user", number ? std::to_string(*number) : toml_string(found->value));
}

void SupervisordProgram::directory() {
    const auto* const found = find("directory");
    if (found == nullptr) return;
    const auto path = resolved(*found);
    const bool by_variable = path.starts_with("${");
    if (!path.starts_with('/') && !by_variable) {
        return note(*found, Weight::lost, "expected an absolute path");
    }
    draft_.set("directory", toml_string(path));
    if (by_variable) note(*found, Weight::remark, "it is in a variable, and has to be absolute");
}

void SupervisordProgram::umask() {
    const auto* const found = find("umask");
    if (found == nullptr) return;
    if (const auto mode = octal_mode(found->value)) {
        draft_.set("umask", toml_string(*mode));
    } else {
        note(*found, Weight::lost, "expected an octal number up to 0777");
    }
}

void SupervisordProgram::order() {
    if (const auto* const found = find("autostart")) {
        if (!parse_truth(found->value).value_or(true)) draft_.set("autostart", "false");
    }
    constexpr std::string_view usual = "999";
    const auto* const found = find("priority");
    if (found == nullptr || found->value == usual) return;
    note(*found, Weight::lost, "units start together, but for what depends.after says", "depends");
}

void SupervisordProgram::environment() {
    if (around_.environment != nullptr) variables(*around_.environment);
    if (const auto* const found = find("environment")) variables(*found);
}

void SupervisordProgram::variables(const Entry& from) {
    const auto pairs = parse_supervisord_pairs(expanded(from.value, from));
    for (const auto& [name, value] : pairs.all) {
        if (is_variable(name)) {
            draft_.set_variable(name, toml_string(references_.resolved(value)));
        } else {
            note(from, Weight::lost, name + " is no name that superd takes for a variable", "env");
        }
    }
    if (pairs.whole) return;
    note(from, Weight::lost, "expected KEY=\"value\",KEY=\"value\"; supervisord refuses it too",
         "env");
}

void SupervisordProgram::left_over() {
    // What says only that something is not to be, as it is not here anyway.
    constexpr std::array<std::string_view, 6> switches{
        "stdout_syslog",         "stderr_syslog",           "stdout_events_enabled",
        "stderr_events_enabled", "stdout_capture_maxbytes", "stderr_capture_maxbytes"};
    for (const auto& entry : section_.entries) {
        if (asked_.contains(entry.key)) continue;
        const bool is_off = entry.value == "0" || !parse_truth(entry.value).value_or(true);
        if (is_off && std::ranges::find(switches, entry.key) != switches.end()) continue;
        note(entry, Weight::lost, "superd has nothing like it");
    }
}

}  // namespace superctl::importing
