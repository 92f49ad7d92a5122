// What tells one version of a file from another, and whether it is still that one.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

namespace superd::config {

class Stamp {
public:
    // `status` is lstat's of a symlink that is meant itself, else stat's or fstat's.
    Stamp(std::string path, const struct stat& status);

    bool still_true() const;

private:
    std::string path_;
    dev_t device_;
    ino_t inode_;
    timespec changed_;
    bool link_;
};

// Of every symlink on the way to `path`. What a path leads to may be as it was though it led
// elsewhere meanwhile; a link that was replaced is another one.
std::vector<Stamp> stamps_of_links(const std::string& path);

}  // namespace superd::config
