#include "ctl/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

// A socket that became standard output, because that was closed, would be sent what is printed.
void fill_standard_descriptors() {
    int fd = 0;
    do fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
    fill_standard_descriptors();
    try {
        return static_cast<int>(superctl::run(std::vector<std::string>(argv + 1, argv + argc)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "superctl: cannot go on: %s\n", error.what());
        return static_cast<int>(superctl::ExitCode::failed);
    }
}
