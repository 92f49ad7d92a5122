// Times of several ways to do one thing, taken in turn, so that what else the machine does falls on
// all alike. Printed as "WAY<tab>NANOSECONDS", the medians.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace bench {

inline double clock_ns(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// `work` does the thing `count` times. By CLOCK_THREAD_CPUTIME_ID only what this thread computed
// counts.
struct Way {
    std::string name;
    int count;
    std::function<void()> work;
    clockid_t clock = CLOCK_MONOTONIC;
    std::vector<double> samples{};
};

inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

inline void measure(std::vector<Way> ways, int rounds) {
    for (int round = -1; round < rounds; ++round)  // The first warms up.
        for (auto& way : ways) {
            const double begin = clock_ns(way.clock);
            way.work();
            const double took = clock_ns(way.clock) - begin;
            if (round >= 0) way.samples.push_back(took / way.count);
        }
    for (const auto& way : ways) std::printf("%s\t%.1f\n", way.name.c_str(), median(way.samples));
}

}  // namespace bench
