// Compose files: the services of containers, as programs of this machine.
#pragma once

#include "ctl/import/draft.hpp"
#include "ctl/import/references.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {  // NOLINT(readability-identifier-naming): the library's own.
class Node;
}

namespace superctl::importing {

Translation translate_compose(const std::vector<InputFile>& files);

// What a service may use: [limits]. Tells of all that it asks for and superd has not.
void translate_compose_limits(const InputFile& file, const YAML::Node& service, Draft& draft);
// The keys of a service that this looks at; those below deploy.resources aside.
bool is_compose_limit(std::string_view key);

// Whether it is only started when somebody names a profile of its, or the service itself.
bool has_profiles(const YAML::Node& service);

// One service at work (compose_service.cpp).
class ComposeService {
public:
    ComposeService(const InputFile& file, const YAML::Node& node, Draft& draft)
        : file_{file}, node_{node}, draft_{draft} {}

    // False: nothing says what is to be run.
    bool translate();
    // Its healthcheck is what others wait for; its end is.
    void make_ready_by_check();
    void make_oneshot();

private:
    struct Health {
        std::vector<std::string> exec;
        std::string every, timeout, ready_timeout;
        std::string failures;
    };

    YAML::Node get(std::string_view key) const;
    void note(const YAML::Node& node, Weight weight, const std::string& text,
              std::string_view section = "");

    bool command();
    // The words of a list or a shell's line, as superd reads them.
    std::vector<std::string> words(const YAML::Node& node);
    // With compose's variables replaced, by marks until the words are known.
    std::string expanded(std::string_view text, const YAML::Node& where);
    std::string resolved(std::string_view text, const YAML::Node& where);
    std::string reference(std::string_view inner, const YAML::Node& where);
    std::string absolute(std::string_view path) const;
    void directory();
    void program_path(std::string& path, const YAML::Node& where);
    void environment();
    void variable(std::string_view text, const YAML::Node& where);
    void environment_files();
    void environment_file(const YAML::Node& node);
    void dot_env();
    void account();
    void dependencies();
    void dependency(const std::string& name, const YAML::Node& how, const YAML::Node& where);
    void profiles();
    void restart();
    bool deployed_restart();
    void stop();
    void healthcheck();
    bool health_test(const YAML::Node& test, Health& health);
    std::chrono::nanoseconds health_time(const YAML::Node& healthcheck, std::string_view key,
                                         std::chrono::nanoseconds usual,
                                         std::chrono::nanoseconds most);
    void instances();
    void left_over();

    const InputFile& file_;
    const YAML::Node& node_;
    Draft& draft_;
    References references_;
    bool asks_environment_ = false;  // That of whoever runs compose, and .env.
    bool has_health_ = false;
    Health health_;
};

}  // namespace superctl::importing
