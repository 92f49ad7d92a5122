#include "keeper/options.hpp"

#include "keeper/report.hpp"

#include <cstddef>

namespace superd::keeper {

const char* const help_text =
    "Usage: superd [OPTION]...\n"
    "Run services, and start again those that crash.\n"
    "\n"
    "  --config DIR        superd.toml and units/*.toml are here [/etc/superd]\n"
    "  --profile NAME      lay profiles/NAME of that directory over it; may be repeated\n"
    "  --runtime-dir DIR   sockets and records; superctl needs the same [/run/superd]\n"
    "  --state-dir DIR     what outlives a reboot [/var/lib/superd]\n"
    "  --log-dir DIR       the services' output [/var/log/superd]\n"
    "  --user              run for this user only; without root this is so anyway\n"
    "  --check             check the configuration and exit\n"
    "  --json              with --check: tell the result as JSON\n"
    "  --prepare-cgroup    make room in systemd's control group for the next superd, and exit\n"
    "  --help              show this text and exit\n"
    "  --version           show the version and exit\n"
    "\n"
    "Directories come from the options, else SUPERD_RUNTIME_DIR, else systemd's\n"
    "CONFIGURATION_DIRECTORY, RUNTIME_DIRECTORY, STATE_DIRECTORY and LOGS_DIRECTORY,\n"
    "else (for a user) XDG_CONFIG_HOME, XDG_RUNTIME_DIR and XDG_STATE_HOME.\n"
    "\n"
    "superd stays in the foreground. SIGTERM and SIGINT stop all services in order and\n"
    "end it, SIGHUP reloads the configuration, SIGUSR2 ends it and leaves all services\n"
    "running for the next superd to take over.\n"
    "\n"
    "Exit status: 0 stopped; 64 wrong usage; 70 the supervisor could not be started;\n"
    "72 a part of superd is missing; 73 a directory or socket could not be made;\n"
    "75 another superd runs with the same runtime directory; 78 a directory is unknown.\n";

namespace {

struct Option {
    std::string_view name;
    Path Options::* path;  // One of the two is set, but for --profile.
    bool Options::* flag;
};

constexpr Option known_options[] = {
    {"--config", &Options::config, nullptr},
    {"--runtime-dir", &Options::runtime, nullptr},
    {"--state-dir", &Options::state, nullptr},
    {"--log-dir", &Options::log, nullptr},
    {"--user", nullptr, &Options::user},
    {"--check", nullptr, &Options::check},
    {"--json", nullptr, &Options::json},
    {"--help", nullptr, &Options::help},
    {"--version", nullptr, &Options::version},
    {"--profile", nullptr, nullptr},
    {"--prepare-cgroup", nullptr, &Options::prepare_cgroup},
};

// How many letters must change to make one word the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    constexpr std::size_t length_max = 32;
    if (a.size() > length_max || b.size() > length_max) return length_max;
    std::size_t row[length_max + 1];
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            const std::size_t added = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replaced < added ? replaced : added;
        }
    }
    return row[b.size()];
}

int refuse_unknown(std::string_view word) {
    if (!word.starts_with('-')) {
        report("cannot use \"", word, "\": superd takes options only; try superd --help");
        return exit_usage;
    }
    const Option* nearest = nullptr;
    std::size_t best = 4;  // Farther than three letters is another word.
    for (const Option& each : known_options) {
        const std::size_t d = distance(word, each.name);
        if (d < best) {
            best = d;
            nearest = &each;
        }
    }
    if (nearest != nullptr) {
        report("cannot use ", word, ": there is no such option; did you mean ", nearest->name,
               "? try superd --help");
    } else {
        report("cannot use ", word, ": there is no such option; try superd --help");
    }
    return exit_usage;
}

int add_profile(const char* name, Options& options) {
    int count = 0;
    while (options.profiles[count] != nullptr) ++count;
    if (name[0] == '\0') {
        report("cannot use --profile: the name is empty");
        return exit_usage;
    }
    if (count == Options::profiles_max) {
        report("cannot use --profile ", name, ": ", Options::profiles_max,
               " profiles at most can be named; name more in superd.toml");
        return exit_usage;
    }
    options.profiles[count] = name;
    return 0;
}

int* descriptor_option(std::string_view name, Options& options) {
    if (name == "--can-take-over") return &options.can_take_over;
    return name == "--take-over" ? &options.take_over : nullptr;
}

int to_descriptor(std::string_view digits) {
    int number = 0;
    for (const char each : digits) {
        if (each < '0' || each > '9' || number > 9'999'999) return -1;
        number = number * 10 + (each - '0');
    }
    return digits.empty() ? -1 : number;
}

}  // namespace

int parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const std::size_t equals = word.find('=');
        const std::string_view name = before(word, equals);
        const bool has_value = equals != std::string_view::npos;
        if (int* const number = descriptor_option(name, options); number != nullptr) {
            if (!has_value && i + 1 == argc) return refuse_unknown(name);
            *number = to_descriptor(has_value ? from(word, equals + 1) : argv[++i]);
            if (*number < 0) return refuse_unknown(name);
            continue;
        }
        const Option* option = nullptr;
        for (const Option& each : known_options) {
            if (each.name == name) option = &each;
        }
        if (option == nullptr) return refuse_unknown(name);
        const bool profile = option->path == nullptr && option->flag == nullptr;
        if (option->flag != nullptr) {
            if (has_value) {
                report("cannot use ", word, ": ", name, " takes no value");
                return exit_usage;
            }
            options.*option->flag = true;
            continue;
        }
        if (!has_value && i + 1 == argc) {
            report("cannot use ", name, ": it needs a ", profile ? "name" : "directory", ", as in ",
                   name, profile ? " NAME" : " DIR");
            return exit_usage;
        }
        if (profile) {
            const char* const named = has_value ? argv[i] + equals + 1 : argv[++i];
            if (const int status = add_profile(named, options)) return status;
            continue;
        }
        const std::string_view value = has_value ? from(word, equals + 1) : argv[++i];
        Path& path = options.*option->path;
        path.clear();
        path.add(value);
        if (value.empty() || path.cut()) {
            report("cannot use ", name, ": the directory is ",
                   value.empty() ? "empty" : "too long");
            return exit_usage;
        }
    }
    if (options.json && !options.check) {
        report("cannot use --json: it goes with --check only");
        return exit_usage;
    }
    return 0;
}

}  // namespace superd::keeper
