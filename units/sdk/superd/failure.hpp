// Exceptions that leave a coroutine.
#pragma once

#include <exception>
#include <superd/log.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace superd::detail {

// Errors that are only a peer's way to end a connection.
inline bool only_the_end(const boost::system::error_code& error) {
    return error == boost::asio::error::eof || error == boost::asio::error::connection_reset ||
           error == boost::asio::error::broken_pipe ||
           error == boost::asio::error::operation_aborted || error == boost::asio::error::timed_out;
}

inline bool only_the_end(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
        return only_the_end(failure.code());
    } catch (...) {
        return false;
    }
}

// Logs it, unless it is only how connections end.
inline void tell(const Log& log, const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
        if (!only_the_end(failure.code()))
            log.error("a coroutine ended with an exception: ", failure.what());
    } catch (const std::exception& failure) {
        log.error("a coroutine ended with an exception: ", failure.what());
    } catch (...) {
        log.error("a coroutine ended with an exception of an unknown type");
    }
}

}  // namespace superd::detail
