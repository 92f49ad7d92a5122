#include "ctl/run.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    try {
        return static_cast<int>(superctl::run(std::vector<std::string>(argv + 1, argv + argc)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "superctl: cannot go on: %s\n", error.what());
        return static_cast<int>(superctl::ExitCode::failed);
    }
}
