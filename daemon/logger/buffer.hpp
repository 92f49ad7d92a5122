// Memory that exists only while there is data in it.
#pragma once

#include <sys/mman.h>

#include <cassert>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

namespace superd::logger {

// A fixed amount of room for bytes, mapped when first used and given back to
// the kernel by `release`, so that an idle logger holds none.
class Buffer {
public:
    explicit Buffer(std::size_t capacity) : capacity_{capacity} {}
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { release(); }

    // The first byte; maps the memory if there is none.
    char* data() {
        if (data_ == nullptr) map();
        return data_;
    }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    std::size_t room() const { return capacity_ - size_; }
    std::string_view view() { return {data(), size_}; }

    void clear() { size_ = 0; }
    void resize(std::size_t size) {
        assert(size <= capacity_);
        size_ = size;
    }
    // The caller has made sure of the room.
    void append(std::string_view bytes) {
        assert(bytes.size() <= room());
        std::memcpy(data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void append(char byte) {
        assert(room() > 0);
        data()[size_++] = byte;
    }
    void release() {
        if (data_ != nullptr) ::munmap(data_, capacity_);
        data_ = nullptr;
        size_ = 0;
    }

private:
    void map() {
        void* mapped =
            ::mmap(nullptr, capacity_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc{};
        data_ = static_cast<char*>(mapped);
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_;
};

}  // namespace superd::logger
