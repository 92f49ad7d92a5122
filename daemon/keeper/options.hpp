// superd's command line and where its directories are.
#pragma once

#include "keeper/text.hpp"

namespace superd::keeper {

// Exit statuses of superd; those of sysexits.h.
enum ExitStatus : int {
    exit_usage = 64,
    exit_supervisor_failed = 70,
    exit_part_missing = 72,
    exit_cannot_create = 73,
    exit_already_running = 75,
    exit_no_directories = 78,
};

struct Options {
    Path config;
    Path runtime;
    Path state;
    Path log;
    // As they are on the command line; null after the last.
    static constexpr int profiles_max = 8;
    const char* profiles[profiles_max + 1] = {};
    bool user = false;
    bool check = false;
    bool json = false;
    bool prepare_cgroup = false;
    bool help = false;
    bool version = false;
    // Descriptors; only superd itself passes them, see handover.hpp.
    int can_take_over = -1;
    int take_over = -1;
    bool runtime_in_tmp = false;  // The fallback in /tmp, where others might lie in wait.
};

// Reads the command line. Returns 0, or an exit status after having said what is wrong.
int parse(int argc, char** argv, Options& options);

// Finds the directories that the command line did not name, by the environment
// and our user, and makes all of them absolute. Returns as parse() does.
int find_directories(Options& options);

// What --help prints.
extern const char* const help_text;

}  // namespace superd::keeper
