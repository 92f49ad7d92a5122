// The file .env beside a Procfile or a compose file.
#pragma once

#include "ctl/import/draft.hpp"

#include <vector>

namespace superctl::importing {

// Reads what stands beside each file; a file that is not there, or cannot be read, says nothing.
void read_dot_env(std::vector<InputFile>& files);

enum class DotEnvReader { foreman, compose };
// Lines that superd, which reads .env as an env-file, takes otherwise than `reader` does. They tell
// no value: it may be a secret.
std::vector<Note> dot_env_differences(const InputFile& file, DotEnvReader reader);

}  // namespace superctl::importing
