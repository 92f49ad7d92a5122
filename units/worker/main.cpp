// superd-worker: runs the code of one hosted unit. units/protocol/README.md says what it is given
// and what it does.
#include "os/file.hpp"
#include "worker/host.hpp"
#include "worker/module.hpp"
#include "worker/template.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace superd::worker {
namespace {

constexpr int exit_failure = 1, exit_usage = 2, exit_configuration = 78;
constexpr std::size_t settings_max = 1024 * 1024;

constexpr const char* usage =
    "superd-worker: runs the code of a hosted service; superd starts it.\n"
    "\n"
    "  superd-worker --settings FILE [--index N]   runs one worker without superd, to try a module "
    "out\n"
    "  superd-worker --check --settings FILE       only loads the module and looks whether it "
    "fits\n"
    "  superd-worker --version\n"
    "\n"
    "FILE is a JSON object, for instance\n"
    "\n"
    "  {\"unit\": \"shop\", \"module\": \"/usr/lib/shop/libshop.so\", \"model\": \"coroutines\",\n"
    "   \"listen\": {\"http\": \"tcp://127.0.0.1:8080\"}, \"config\": {\"greeting\": \"hello\"}}\n"
    "\n"
    "Started by superd it finds all that in its environment.\n";

struct Options {
    std::string settings;
    std::optional<std::uint32_t> index;
    bool check = false;
};

int say(const std::string& message, int code) {
    log_line(3, message);
    return code;
}

// A descriptor that a variable names.
int descriptor_of(const char* variable) {
    const char* text = std::getenv(variable);
    if (!text) return -1;
    int fd = -1;
    const auto end = std::from_chars(text, text + std::strlen(text), fd);
    if (end.ec != std::errc{} || fd < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return -1;
    ::unsetenv(variable);
    return fd;
}

Result<std::string> read_descriptor(int fd) {
    return os::read_file("/proc/self/fd/" + std::to_string(fd), settings_max);
}

Result<void> open_listeners(const Settings& settings, std::vector<Passed>& passed) {
    for (const auto& [name, address] : settings.listen) {
        auto opened = open_listener(address);
        if (!opened) return std::unexpected(std::move(opened.error()));
        passed.push_back({name, opened->release()});
    }
    return {};
}

int serve(const superd_abi_module& module, Inputs inputs) {
    // Static: what runs at exit may still use it.
    static std::optional<Host> host;
    host.emplace(std::move(inputs));
    if (const auto prepared = host->prepare(); !prepared)
        return say(prepared.error().message(), exit_failure);
    return module.run(&host->table());
}

// A worker that a template forked.
int serve_forked(const superd_abi_module& module, const std::string& text, Inputs inputs) {
    auto settings = parse_settings(text);
    if (!settings) return say(settings.error(), exit_configuration);
    inputs.settings = std::move(*settings);
    return serve(module, std::move(inputs));
}

// What a template does before it forks: the module's preload, with what workers that are not yet
// can share.
int preload(const superd_abi_module& module, Settings settings) {
    // Static: what it loads may keep looking at the configuration.
    static Settings kept;
    kept = std::move(settings);
    const superd_abi_host table = facts(kept);
    return module.preload ? module.preload(&table) : 0;
}

int run(const Options& options) {
    Inputs inputs;
    if (!options.settings.empty()) {
        inputs.read_settings = [path = options.settings] {
            return os::read_file(path, settings_max);
        };
    } else {
        const int fd = descriptor_of("SUPERD_SETTINGS");
        if (fd < 0) return say("cannot find the settings: say --settings FILE", exit_usage);
        inputs.read_settings = [fd] { return read_descriptor(fd); };
    }
    const auto text = inputs.read_settings();
    if (!text) return say(text.error().message(), exit_configuration);
    auto settings = parse_settings(*text);
    if (!settings) return say(settings.error(), exit_configuration);
    if (options.index) settings->index = *options.index;
    const auto module = load_module(settings->module, settings->model);
    if (!module) return say(module.error(), exit_configuration);
    if (options.check) return 0;
    inputs.settings = std::move(*settings);
    if (const int fd = descriptor_of("SUPERD_TEMPLATE"); fd >= 0) {
        if (const int code = preload(**module, std::move(inputs.settings)); code != 0) return code;
        return serve_template(fd, [&module](const std::string& forked, Inputs given) {
            return serve_forked(**module, forked, std::move(given));
        });
    }
    inputs.page_fd = descriptor_of("SUPERD_PAGE");
    inputs.passed = passed_descriptors();
    if (const auto opened = open_listeners(inputs.settings, inputs.passed); !opened)
        return say(opened.error().message(), exit_failure);
    return serve(**module, std::move(inputs));
}

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--check") {
            options.check = true;
        } else if (argument == "--settings" && i + 1 < argc) {
            options.settings = argv[++i];
        } else if (argument == "--index" && i + 1 < argc) {
            const char* text = argv[++i];
            std::uint32_t index = 0;
            const auto end = std::from_chars(text, text + std::strlen(text), index);
            if (end.ec != std::errc{} || *end.ptr) return {};
            options.index = index;
        } else {
            return {};
        }
    }
    return options;
}

}  // namespace
}  // namespace superd::worker

int main(int argc, char** argv) {
    // What a module prints is its log: a crash must not take the lines with it.
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    superd::worker::remember_environment();
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--help" || first == "-h") return std::fputs(superd::worker::usage, stdout) < 0;
    if (first == "--version") return std::puts("superd-worker " SUPERD_VERSION) < 0;
    const auto options = superd::worker::parse(argc, argv);
    if (!options) {
        std::fputs(superd::worker::usage, stderr);
        return 2;
    }
    return superd::worker::run(*options);
}
